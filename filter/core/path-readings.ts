import { Bytes } from './bytes';

const SLASH: u8 = 0x2f;
const BACKSLASH: u8 = 0x5c;
const DOT: u8 = 0x2e;
const PERCENT: u8 = 0x25;
const SEMICOLON: u8 = 0x3b;
/** Readings of one path: up to two decodings; with and without parameters; whole and cut; dots resolved and not. */
const READINGS: u32 = 24;

/**
 * What a backend may take a path for. Proxies and frameworks disagree on escaped slashes, backslashes, dot segments,
 * repeated slashes, path parameters (`;a=b`, RFC 3986 section 3.3) and NUL, so a path that holds any of these is read in
 * each of the ways that are known; where they lead to different rules, nobody can say which one applies.
 */
export class PathReadings {
  readonly path: Bytes = new Bytes();
  private buffer: ArrayBuffer = new ArrayBuffer(1024);
  private index: u32 = 0;
  private source: usize = 0;
  private sourceLength: u32 = 0;

  /** False when there is one way only to read the path, or it is none (`*`). `length`: without the query. */
  begin(path: usize, length: u32): bool {
    this.source = path;
    this.sourceLength = length;
    this.index = 0;
    if (length == 0 || load<u8>(path) != SLASH) return false;
    let previous: u8 = 0;
    for (let i: u32 = 0; i < length; i++) {
      const c = load<u8>(path + i);
      if (c == PERCENT || c == BACKSLASH || c == SEMICOLON || c == 0) return true;
      if (previous == SLASH && (c == SLASH || c == DOT)) return true;
      previous = c;
    }
    return false;
  }

  /** Moves {@link path} to the next reading. */
  next(): bool {
    if (this.index == READINGS) return false;
    const decodings = this.index % 3;
    const withoutParameters = ((this.index / 3) & 1) != 0;
    const isCut = ((this.index / 6) & 1) != 0;
    const resolvesDots = this.index < 12;
    this.index++;
    if (<u32>this.buffer.byteLength < this.sourceLength + 1) this.buffer = new ArrayBuffer(this.sourceLength * 2);
    const at = changetype<usize>(this.buffer);
    memory.copy(at, this.source, this.sourceLength);
    let length = this.sourceLength;
    for (let i: u32 = 0; i < decodings; i++) length = decode(at, length);
    if (isCut) length = cut(at, length);
    if (withoutParameters) length = dropParameters(at, length);
    this.path.set(at, normalize(at, length, resolvesDots));
    return true;
  }
}

/** Replaces percent-encoded bytes in place; what is no encoding stays. */
function decode(at: usize, length: u32): u32 {
  let written: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    let c = load<u8>(at + i);
    if (c == PERCENT && i + 2 < length) {
      const high = hexValue(load<u8>(at + i + 1));
      const low = hexValue(load<u8>(at + i + 2));
      if (high >= 0 && low >= 0) {
        c = <u8>(high * 16 + low);
        i += 2;
      }
    }
    store<u8>(at + written, c);
    written++;
  }
  return written;
}

function hexValue(c: u8): i32 {
  if (c >= 0x30 && c <= 0x39) return <i32>c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? <i32>lower - 0x57 : -1;
}

/** Ends the path where a NUL, or a `?` or `#` that was encoded, would end it for some. */
function cut(at: usize, length: u32): u32 {
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(at + i);
    if (c == 0 || c == 0x3f || c == 0x23) return i;
  }
  return length;
}

function dropParameters(at: usize, length: u32): u32 {
  let written: u32 = 0;
  let dropping = false;
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(at + i);
    if (c == SLASH || c == BACKSLASH) dropping = false;
    else if (c == SEMICOLON) dropping = true;
    if (dropping) continue;
    store<u8>(at + written, c);
    written++;
  }
  return written;
}

/** Backslashes become slashes, repeated slashes one, and dot segments may be resolved (RFC 3986 section 5.2.4), in place. */
function normalize(at: usize, length: u32, resolvesDots: bool): u32 {
  let written: u32 = 0;
  let i: u32 = 0;
  while (i < length) {
    while (i < length && isSeparator(load<u8>(at + i))) i++;
    let end = i;
    while (end < length && !isSeparator(load<u8>(at + end))) end++;
    const size = end - i;
    if (resolvesDots && size == 2 && load<u8>(at + i) == DOT && load<u8>(at + i + 1) == DOT) {
      while (written > 0 && load<u8>(at + written - 1) != SLASH) written--;
      if (written > 0) written--;
    } else if (size > 0 && !(resolvesDots && size == 1 && load<u8>(at + i) == DOT)) {
      // What is written is never longer than what was read, so it cannot run over what is to be read.
      store<u8>(at + written, SLASH);
      memory.copy(at + written + 1, at + i, size);
      written += size + 1;
    }
    i = end;
  }
  if (written > 0) return written;
  store<u8>(at, SLASH);
  return 1;
}

function isSeparator(c: u8): bool {
  return c == SLASH || c == BACKSLASH;
}
