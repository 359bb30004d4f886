import { Bytes } from './bytes';

const SEMICOLON: u8 = 0x3b;
const EQUALS: u8 = 0x3d;

/** Walks the pairs of one `Cookie` field (RFC 6265 section 4.2.1), which stay where they are. */
export class CookiePairs {
  readonly name: Bytes = new Bytes();
  readonly value: Bytes = new Bytes();
  /** The pair as it stands in the field. */
  readonly pair: Bytes = new Bytes();
  private cursor: usize = 0;
  private end: usize = 0;

  begin(field: Bytes): void {
    this.cursor = field.pointer;
    this.end = field.pointer + field.length;
  }

  /** Moves to the next pair; a piece without "=" is a name without a value. */
  next(): bool {
    if (this.cursor >= this.end) return false;
    let start = this.cursor;
    let stop = start;
    while (stop < this.end && load<u8>(stop) != SEMICOLON) stop++;
    this.cursor = stop + 1;
    while (start < stop && isSpace(load<u8>(start))) start++;
    while (stop > start && isSpace(load<u8>(stop - 1))) stop--;
    let equals = start;
    while (equals < stop && load<u8>(equals) != EQUALS) equals++;
    this.pair.set(start, <u32>(stop - start));
    this.name.set(start, <u32>(equals - start));
    const value = min(equals + 1, stop);
    this.value.set(value, <u32>(stop - value));
    return true;
  }
}

function isSpace(c: u8): bool {
  return c == 0x20 || c == 0x09;
}
