/** Compares eight bytes at a time: names, keys and digests are compared many times with each request. */
export function sameBytes(one: usize, other: usize, length: u32): bool {
  const end = one + length;
  const whole = one + (length & ~7);
  while (one < whole) {
    if (load<u64>(one) != load<u64>(other)) return false;
    one += 8;
    other += 8;
  }
  while (one < end) {
    if (load<u8>(one) != load<u8>(other)) return false;
    one++;
    other++;
  }
  return true;
}

/** A run of bytes in linear memory that somebody else keeps alive: an arena, a table, an entry. */
export class Bytes {
  pointer: usize = 0;
  length: u32 = 0;

  /** Keeps a buffer alive for as long as these bytes are. */
  private owner: ArrayBuffer | null = null;

  set(pointer: usize, length: u32): void {
    this.pointer = pointer;
    this.length = length;
    // A store of a reference costs more than this question.
    if (this.owner !== null) this.owner = null;
  }

  equals(pointer: usize, length: u32): bool {
    return this.length == length && sameBytes(this.pointer, pointer, length);
  }

  same(other: Bytes): bool {
    return this.equals(other.pointer, other.length);
  }

  startsWith(prefix: Bytes): bool {
    return this.length >= prefix.length && sameBytes(this.pointer, prefix.pointer, prefix.length);
  }

  toString(): string {
    return String.UTF8.decodeUnsafe(this.pointer, this.length);
  }

  static from(text: string): Bytes {
    return Bytes.of(String.UTF8.encode(text));
  }

  /** Bytes that keep `buffer` alive. */
  static of(buffer: ArrayBuffer): Bytes {
    const bytes = new Bytes();
    bytes.pointer = changetype<usize>(buffer);
    bytes.length = buffer.byteLength;
    bytes.owner = buffer;
    return bytes;
  }

  static copy(pointer: usize, length: u32): Bytes {
    const buffer = new ArrayBuffer(length);
    memory.copy(changetype<usize>(buffer), pointer, length);
    return Bytes.of(buffer);
  }
}

/** Bytes written one piece after another, into memory that is kept for the next time. */
export class ByteBuffer extends Bytes {
  private memory: ArrayBuffer = new ArrayBuffer(256);

  reset(): void {
    this.pointer = changetype<usize>(this.memory);
    this.length = 0;
  }

  append(pointer: usize, length: u32): void {
    if (this.length + length > <u32>this.memory.byteLength) {
      const larger = new ArrayBuffer((this.length + length) * 2);
      memory.copy(changetype<usize>(larger), changetype<usize>(this.memory), this.length);
      this.memory = larger;
      this.pointer = changetype<usize>(larger);
    }
    memory.copy(this.pointer + this.length, pointer, length);
    this.length += length;
  }

  appendBytes(bytes: Bytes): void {
    this.append(bytes.pointer, bytes.length);
  }
}

/** True for exactly 64 lower-case hex digits, the form of every digest in the contract. */
export function isDigest(pointer: usize, length: u32): bool {
  if (length != 64) return false;
  for (let i: u32 = 0; i < 64; i++) {
    const c = load<u8>(pointer + i);
    if (!((c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66))) return false;
  }
  return true;
}

/** A whole number of at most nine digits, or -1. Nine digits cannot overflow, and no field of the contract needs more. */
export function parseDecimal(pointer: usize, length: u32): i64 {
  if (length == 0 || length > 9) return -1;
  let value: i64 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const digit = <i32>load<u8>(pointer + i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

export function isOneOf(bytes: Bytes, list: StaticArray<Bytes>): bool {
  for (let i = 0; i < list.length; i++) if (list[i].same(bytes)) return true;
  return false;
}
