/** The fields of one protobuf message by number, each with its values in order: integers, or the bytes of the rest. */
export type Message = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

/**
 * Reads a message's fields without knowing its type (https://protobuf.dev/programming-guides/encoding/).
 *
 * @throws RangeError or Error where the bytes are no message
 */
export function readMessage(bytes: Buffer): Message {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;

  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('a field reaches past the end of its message');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const value = (type: number): bigint | Buffer => {
    if (type === 0) return varint();
    if (type === 1) return take(8).readBigUInt64LE();
    if (type === 2) return take(Number(varint()));
    if (type === 5) return BigInt(take(4).readUInt32LE());
    throw new Error(`wire type ${type} is none of OTLP's`);
  };

  while (at < bytes.length) {
    const tag = Number(varint());
    const values = fields.get(tag >> 3) ?? [];
    values.push(value(tag & 7));
    fields.set(tag >> 3, values);
  }
  return fields;
}

/** The sub-messages in a repeated field. */
export function messages(message: Message, field: number): Message[] {
  return bytesOf(message, field).map(readMessage);
}

export function texts(message: Message, field: number): string[] {
  return bytesOf(message, field).map((bytes) => bytes.toString('utf8'));
}

/** Bytes as hex; empty when the field is absent. */
export function hex(message: Message, field: number): string {
  return bytesOf(message, field)[0]?.toString('hex') ?? '';
}

/** 0 when the field is absent. */
export function integer(message: Message, field: number): bigint {
  const value = message.get(field)?.[0];
  return typeof value === 'bigint' ? value : 0n;
}

function bytesOf(message: Message, field: number): Buffer[] {
  return (message.get(field) ?? []).filter((value) => typeof value !== 'bigint');
}
