import { Bytes } from './bytes';

/** Reads the table's encoding with bounds checks: one read past the end makes it `failed` for good, and nothing traps. */
export class Reader {
  failed: bool = false;
  private position: usize;
  private readonly end: usize;

  constructor(pointer: usize, length: u32) {
    this.position = pointer;
    this.end = pointer + length;
  }

  private take(length: u32): usize {
    if (this.failed || <usize>length > this.end - this.position) {
      this.failed = true;
      return 0;
    }
    const start = this.position;
    this.position += length;
    return start;
  }

  u8(): u8 {
    const at = this.take(1);
    return at == 0 ? 0 : load<u8>(at);
  }

  u32(): u32 {
    const at = this.take(4);
    return at == 0 ? 0 : load<u32>(at);
  }

  /** A count that must not pass `maximum`. */
  count(maximum: u32): u32 {
    const count = this.u32();
    if (count <= maximum) return count;
    this.failed = true;
    return 0;
  }

  /** The next `length` bytes, which stay where they are. */
  block(length: u32): Bytes {
    const bytes = new Bytes();
    const at = this.take(length);
    if (at != 0) bytes.set(at, length);
    return bytes;
  }

  string(): Bytes {
    return this.block(this.u32());
  }

  /** True when everything was read and nothing is left. */
  finished(): bool {
    return !this.failed && this.position == this.end;
  }
}
