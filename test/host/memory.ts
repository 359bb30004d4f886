/** Reads and writes of a module's linear memory, in the forms that the proxy-wasm ABI uses. */
export class ModuleMemory {
  readonly #memory: () => WebAssembly.Memory;
  readonly #allocate: (size: number) => number;

  constructor(memory: () => WebAssembly.Memory, allocate: (size: number) => number) {
    this.#memory = memory;
    this.#allocate = allocate;
  }

  bytes(pointer: number, length: number): Buffer {
    return Buffer.from(new Uint8Array(this.#memory().buffer, pointer, length));
  }

  text(pointer: number, length: number): string {
    return this.bytes(pointer, length).toString('latin1');
  }

  setU32(pointer: number, value: number): void {
    new DataView(this.#memory().buffer).setUint32(pointer, value, true);
  }

  setU64(pointer: number, value: bigint): void {
    new DataView(this.#memory().buffer).setBigUint64(pointer, value, true);
  }

  /** Hands bytes over through the module's own allocator, as Envoy does. */
  give(bytes: Uint8Array, pointerOut: number, sizeOut: number): void {
    if (bytes.length === 0) {
      this.setU32(pointerOut, 0);
      this.setU32(sizeOut, 0);
      return;
    }
    const pointer = this.#allocate(bytes.length);
    new Uint8Array(this.#memory().buffer).set(bytes, pointer);
    this.setU32(pointerOut, pointer);
    this.setU32(sizeOut, bytes.length);
  }
}

export type Headers = [name: string, value: string][];

/** A header map as proxy-wasm-cpp-host serialises it (`PairsUtil`). */
export function encodePairs(pairs: Headers): Buffer {
  const head = Buffer.alloc(4 + 8 * pairs.length);
  head.writeUInt32LE(pairs.length, 0);
  const parts: Buffer[] = [head];
  pairs.forEach(([name, value], index) => {
    const nameBytes = Buffer.from(name, 'latin1');
    const valueBytes = Buffer.from(value, 'latin1');
    head.writeUInt32LE(nameBytes.length, 4 + 8 * index);
    head.writeUInt32LE(valueBytes.length, 8 + 8 * index);
    parts.push(nameBytes, Buffer.of(0), valueBytes, Buffer.of(0));
  });
  return Buffer.concat(parts);
}

export function decodePairs(block: Buffer): Headers {
  if (block.length === 0) return [];
  const pairs: Headers = [];
  const count = block.readUInt32LE(0);
  let at = 4 + 8 * count;
  for (let index = 0; index < count; index++) {
    const nameLength = block.readUInt32LE(4 + 8 * index);
    const valueLength = block.readUInt32LE(8 + 8 * index);
    const name = block.toString('latin1', at, at + nameLength);
    at += nameLength + 1;
    pairs.push([name, block.toString('latin1', at, at + valueLength)]);
    at += valueLength + 1;
  }
  return pairs;
}
