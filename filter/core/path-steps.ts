// Each step writes to `target` what it makes of a path, which never gets longer, and returns its length.

const SLASH: u8 = 0x2f;
const BACKSLASH: u8 = 0x5c;
const DOT: u8 = 0x2e;
const PERCENT: u8 = 0x25;
const SEMICOLON: u8 = 0x3b;
const TAB: u8 = 0x09;
const LINE_FEED: u8 = 0x0a;
const CARRIAGE_RETURN: u8 = 0x0d;

/** How many steps there are. Number 0 is the decoding. */
export const STEPS: u32 = 8;

export function rewrite(step: u32, path: usize, length: u32, target: usize): u32 {
  switch (step) {
    case 0:
      return decode(path, length, target);
    case 1:
      return cut(path, length, target);
    case 2:
      return turnBackslashes(path, length, target);
    case 3:
      return mergeSlashes(path, length, target);
    case 4:
      return dropParameters(path, length, target);
    case 5:
      return dropBreaks(path, length, target);
    default:
      return resolveDots(path, length, target, step == 7);
  }
}

/** Replaces percent-encoded bytes; what is no encoding stays. */
function decode(path: usize, length: u32, target: usize): u32 {
  let written: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    let c = load<u8>(path + i);
    if (c == PERCENT && i + 2 < length) {
      const high = hexValue(load<u8>(path + i + 1));
      const low = hexValue(load<u8>(path + i + 2));
      if (high >= 0 && low >= 0) {
        c = <u8>(high * 16 + low);
        i += 2;
      }
    }
    store<u8>(target + written++, c);
  }
  return written;
}

function hexValue(c: u8): i32 {
  if (c >= 0x30 && c <= 0x39) return <i32>c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? <i32>lower - 0x57 : -1;
}

/** Ends the path where a NUL, or a `?` or `#` that was encoded, would end it for some. */
function cut(path: usize, length: u32, target: usize): u32 {
  let written: u32 = 0;
  while (written < length) {
    const c = load<u8>(path + written);
    if (c == 0 || c == 0x3f || c == 0x23) break;
    store<u8>(target + written++, c);
  }
  return written;
}

function turnBackslashes(path: usize, length: u32, target: usize): u32 {
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(path + i);
    store<u8>(target + i, c == BACKSLASH ? SLASH : c);
  }
  return length;
}

function mergeSlashes(path: usize, length: u32, target: usize): u32 {
  let written: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(path + i);
    if (c == SLASH && written > 0 && load<u8>(target + written - 1) == SLASH) continue;
    store<u8>(target + written++, c);
  }
  return written;
}

function dropParameters(path: usize, length: u32, target: usize): u32 {
  let written: u32 = 0;
  let dropping = false;
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(path + i);
    if (c == SLASH || c == BACKSLASH) dropping = false;
    else if (c == SEMICOLON) dropping = true;
    if (!dropping) store<u8>(target + written++, c);
  }
  return written;
}

/** The URL Standard takes out tabs and line ends before it looks at anything else. */
function dropBreaks(path: usize, length: u32, target: usize): u32 {
  let written: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(path + i);
    if (c != TAB && c != LINE_FEED && c != CARRIAGE_RETURN) store<u8>(target + written++, c);
  }
  return written;
}

/** RFC 3986 section 5.2.4; `encoded`: `%2e` is a dot too, as the URL Standard has it. Empty segments stay. */
function resolveDots(path: usize, length: u32, target: usize, encoded: bool): u32 {
  let written: u32 = 0;
  let i: u32 = 0;
  while (i < length) {
    // A segment with the slash in front of it.
    let end = i + 1;
    while (end < length && load<u8>(path + end) != SLASH) end++;
    const dots = dotsIn(path + i + 1, end - i - 1, encoded);
    if (dots == 2) {
      while (written > 0 && load<u8>(target + written - 1) != SLASH) written--;
      if (written > 0) written--;
    }
    if (dots == 0) {
      memory.copy(target + written, path + i, end - i);
      written += end - i;
    } else if (end == length) store<u8>(target + written++, SLASH);
    i = end;
  }
  return written;
}

/** 1 or 2 when the segment is `.` or `..`; 0 otherwise. */
function dotsIn(segment: usize, length: u32, encoded: bool): u32 {
  let dots: u32 = 0;
  let i: u32 = 0;
  while (i < length) {
    if (load<u8>(segment + i) == DOT) i++;
    else if (encoded && isEncodedDot(segment + i, length - i)) i += 3;
    else return 0;
    dots++;
  }
  return dots <= 2 ? dots : 0;
}

function isEncodedDot(at: usize, length: u32): bool {
  if (length < 3 || load<u8>(at) != PERCENT || load<u8>(at + 1) != 0x32) return false;
  return (load<u8>(at + 2) | 0x20) == 0x65;
}
