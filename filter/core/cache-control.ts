import { Bytes, parseDecimal } from './bytes';

const MAX_AGE: Bytes = Bytes.from('max-age');
const WHILE_REVALIDATE: Bytes = Bytes.from('stale-while-revalidate');
const IF_ERROR: Bytes = Bytes.from('stale-if-error');

/** What `token-broker-cache-control` says (RFC 9213, RFC 5861). Seconds; -1 where a directive is absent. */
export class Freshness {
  maxAge: i64 = -1;
  staleWhileRevalidate: i64 = -1;
  staleIfError: i64 = -1;

  reset(): void {
    this.maxAge = -1;
    this.staleWhileRevalidate = -1;
    this.staleIfError = -1;
  }

  /** False when the field is malformed: a bad number, or a directive given twice. Unknown directives are ignored. */
  parse(pointer: usize, length: u32): bool {
    this.reset();
    const end = pointer + length;
    let at = pointer;
    while (at < end) {
      let stop = at;
      while (stop < end && load<u8>(stop) != 0x2c) stop++;
      if (!this.directive(at, stop)) return false;
      at = stop + 1;
    }
    return true;
  }

  private directive(start: usize, end: usize): bool {
    while (start < end && isSpace(load<u8>(start))) start++;
    while (end > start && isSpace(load<u8>(end - 1))) end--;
    let equals = start;
    while (equals < end && load<u8>(equals) != 0x3d) equals++;
    const nameLength = <u32>(equals - start);
    const known =
      MAX_AGE.equals(start, nameLength) ||
      WHILE_REVALIDATE.equals(start, nameLength) ||
      IF_ERROR.equals(start, nameLength);
    if (!known) return true;
    if (equals == end) return false;
    const seconds = parseDecimal(equals + 1, <u32>(end - equals - 1));
    if (seconds < 0) return false;
    if (MAX_AGE.equals(start, nameLength)) {
      if (this.maxAge >= 0) return false;
      this.maxAge = seconds;
    } else if (WHILE_REVALIDATE.equals(start, nameLength)) {
      if (this.staleWhileRevalidate >= 0) return false;
      this.staleWhileRevalidate = seconds;
    } else {
      if (this.staleIfError >= 0) return false;
      this.staleIfError = seconds;
    }
    return true;
  }
}

function isSpace(c: u8): bool {
  return c == 0x20 || c == 0x09;
}
