import { Bytes } from './bytes';

/** A header map as the host serialises it: a count, the lengths of each name and value, then the NUL-ended bytes. */
export class HeaderPairs {
  count: u32 = 0;
  /** The header under the cursor. */
  readonly name: Bytes = new Bytes();
  readonly value: Bytes = new Bytes();
  private lengths: usize = 0;
  private data: usize = 0;
  private end: usize = 0;
  private index: u32 = 0;

  /** False, and empty, when the lengths do not fit the block. */
  load(pointer: usize, size: u32): bool {
    this.count = 0;
    this.index = 0;
    if (size < 4) return false;
    const count = load<u32>(pointer);
    if (count > (size - 4) / 8) return false;
    this.count = count;
    this.lengths = pointer + 4;
    this.end = pointer + size;
    this.rewind();
    return true;
  }

  rewind(): void {
    this.index = 0;
    this.data = this.lengths + 8 * this.count;
  }

  /** Moves to the next header; false after the last one, or where the block ends too early. */
  next(): bool {
    if (this.index >= this.count) return false;
    const nameLength = load<u32>(this.lengths + 8 * this.index);
    const valueLength = load<u32>(this.lengths + 8 * this.index + 4);
    if (<u64>this.data + nameLength + valueLength + 2 > <u64>this.end) return false;
    this.name.set(this.data, nameLength);
    this.value.set(this.data + nameLength + 1, valueLength);
    this.data += nameLength + valueLength + 2;
    this.index++;
    return true;
  }

  /** True when the last {@link next} said false because nothing is left, and not because the block is malformed. */
  exhausted(): bool {
    return this.index >= this.count;
  }
}

const MAXIMUM_PAIRS: u32 = 128;

/** A list of headers to hand to the host, of bytes that others keep alive until it is encoded. */
export class HeaderList {
  private count: u32 = 0;
  private bytes: u32 = 0;
  private readonly spans: StaticArray<usize> = new StaticArray<usize>(4 * MAXIMUM_PAIRS);

  clear(): void {
    this.count = 0;
    this.bytes = 0;
  }

  /** Headers past the 128th are dropped: callers bound what they add. */
  add(name: Bytes, value: Bytes): void {
    this.addSpan(name.pointer, name.length, value.pointer, value.length);
  }

  addSpan(name: usize, nameLength: u32, value: usize, valueLength: u32): void {
    if (this.count == MAXIMUM_PAIRS) return;
    const at = <i32>(4 * this.count);
    this.spans[at] = name;
    this.spans[at + 1] = nameLength;
    this.spans[at + 2] = value;
    this.spans[at + 3] = valueLength;
    this.count++;
    this.bytes += nameLength + valueLength + 2;
  }

  /** The bytes that {@link encode} writes. */
  size(): u32 {
    return 4 + 8 * this.count + this.bytes;
  }

  encode(target: usize): void {
    store<u32>(target, this.count);
    let data = target + 4 + 8 * this.count;
    for (let i: u32 = 0; i < this.count; i++) {
      const at = <i32>(4 * i);
      const nameLength = this.spans[at + 1];
      const valueLength = this.spans[at + 3];
      store<u32>(target + 4 + 8 * i, <u32>nameLength);
      store<u32>(target + 8 + 8 * i, <u32>valueLength);
      memory.copy(data, this.spans[at], nameLength);
      store<u8>(data + nameLength, 0);
      memory.copy(data + nameLength + 1, this.spans[at + 2], valueLength);
      store<u8>(data + nameLength + 1 + valueLength, 0);
      data += nameLength + valueLength + 2;
    }
  }
}
