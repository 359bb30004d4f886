import { Bytes, sameBytes } from './bytes';

/** A header map as the host serialises it: a count, the lengths of each name and value, then the NUL-ended bytes. */
export class HeaderPairs {
  count: u32 = 0;
  /** The header under the cursor. */
  readonly name: Bytes = new Bytes();
  readonly value: Bytes = new Bytes();
  /** Four words for each header: where its name and its value are, and how long. */
  private spans: StaticArray<u32> = new StaticArray<u32>(4 * 64);
  /** Headers in front of the first that does not fit the block. */
  private sound: u32 = 0;
  private index: u32 = 0;

  /** False, and empty, when the lengths do not fit the block. */
  load(pointer: usize, size: u32): bool {
    this.count = 0;
    this.sound = 0;
    this.index = 0;
    if (size < 4) return false;
    const count = load<u32>(pointer);
    if (count > (size - 4) / 8) return false;
    this.count = count;
    if (<u32>this.spans.length < 4 * count) this.spans = new StaticArray<u32>(8 * count);
    this.sound = this.findSpans(pointer, size);
    return true;
  }

  private findSpans(pointer: usize, size: u32): u32 {
    const count = this.count;
    const end = <u64>pointer + size;
    let lengths = pointer + 4;
    let data = lengths + 8 * count;
    let span = changetype<usize>(this.spans);
    for (let i: u32 = 0; i < count; i++) {
      const nameLength = load<u32>(lengths);
      const valueLength = load<u32>(lengths, 4);
      if (<u64>data + nameLength + valueLength + 2 > end) return i;
      store<u32>(span, <u32>data);
      store<u32>(span, nameLength, 4);
      store<u32>(span, <u32>(data + nameLength + 1), 8);
      store<u32>(span, valueLength, 12);
      data += nameLength + valueLength + 2;
      lengths += 8;
      span += 16;
    }
    return count;
  }

  rewind(): void {
    this.index = 0;
  }

  /** Moves to the next header; false after the last one, or where the block ends too early. */
  next(): bool {
    if (this.index >= min(this.sound, this.count)) return false;
    const span = changetype<usize>(this.spans) + 16 * this.index;
    this.name.set(load<u32>(span), load<u32>(span, 4));
    this.value.set(load<u32>(span, 8), load<u32>(span, 12));
    this.index++;
    return true;
  }

  /** Moves the cursor on to the next header of that name. Most are told apart by their length alone. */
  nextOf(name: Bytes): bool {
    const count = min(this.sound, this.count);
    const length = name.length;
    let span = changetype<usize>(this.spans) + 16 * this.index;
    while (this.index < count) {
      this.index++;
      if (load<u32>(span, 4) == length && sameBytes(load<u32>(span), name.pointer, length)) {
        this.name.set(load<u32>(span), length);
        this.value.set(load<u32>(span, 8), load<u32>(span, 12));
        return true;
      }
      span += 16;
    }
    return false;
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
