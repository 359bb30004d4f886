import { Bytes } from './bytes';
import { rewrite, STEPS } from './path-steps';

const SLASH: u8 = 0x2f;
const BACKSLASH: u8 = 0x5c;
const DOT: u8 = 0x2e;
const PERCENT: u8 = 0x25;
const SEMICOLON: u8 = 0x3b;
/** Nobody is known to decode more often. */
const MAXIMUM_DECODINGS: u32 = 2;
/** Bounds the time that one path may take; only paths made for it have as many readings. */
const MAXIMUM_READINGS: u32 = 256;
const MAXIMUM_BYTES: u32 = 65536;
const FNV_OFFSET: u32 = 2166136261;
const FNV_PRIME: u32 = 16777619;

/**
 * What a backend may take a path for. Proxies and frameworks disagree on escaped slashes, backslashes, dot segments,
 * repeated slashes, path parameters (`;a=b`, RFC 3986 section 3.3), NUL, tabs and line ends, and on which of these comes
 * first. So a path that holds any of them is read in each way that these steps lead to, in any order and number, with up to
 * two decodings: where they lead to different rules, nobody can say which one applies.
 */
export class PathReadings {
  readonly path: Bytes = new Bytes();
  /** True when there were more readings than are looked at: then nothing is known of the path. */
  overflowed: bool = false;
  private buffer: ArrayBuffer = new ArrayBuffer(0);
  private readonly starts: StaticArray<u32> = new StaticArray<u32>(MAXIMUM_READINGS + 1);
  private readonly hashes: StaticArray<u32> = new StaticArray<u32>(MAXIMUM_READINGS);
  private count: u32 = 0;
  /** The next reading to give, and where those begin that came of as many decodings. */
  private index: u32 = 0;
  private levelStart: u32 = 0;
  private decodings: u32 = 0;

  /** False when there is one way only to read the path, or it is none (`*`). `length`: without the query. */
  begin(path: usize, length: u32): bool {
    if (!isDisputed(path, length)) return false;
    this.overflowed = length > MAXIMUM_BYTES;
    this.count = 0;
    this.index = 0;
    this.levelStart = 0;
    this.decodings = 0;
    if (this.overflowed) return true;
    if (this.buffer.byteLength == 0) this.buffer = new ArrayBuffer(MAXIMUM_BYTES);
    memory.copy(this.at(0), path, length);
    this.keep(length);
    return true;
  }

  /** Moves {@link path} to the next reading. */
  next(): bool {
    if (this.index == this.count) this.decodeLevel();
    if (this.overflowed || this.index == this.count) return false;
    const index = this.index++;
    this.path.set(this.at(index), this.lengthOf(index));
    for (let step: u32 = 1; step < STEPS; step++) this.derive(index, step);
    return true;
  }

  private at(index: u32): usize {
    return changetype<usize>(this.buffer) + this.starts[index];
  }

  private lengthOf(index: u32): u32 {
    return this.starts[index + 1] - this.starts[index];
  }

  /** A reading that took fewer decodings leads to all that one with more would, so each is looked at in its own turn. */
  private decodeLevel(): void {
    if (this.decodings == MAXIMUM_DECODINGS) return;
    this.decodings++;
    const end = this.count;
    for (let i = this.levelStart; i < end; i++) this.derive(i, 0);
    this.levelStart = end;
  }

  /** Adds what a step makes of a reading. */
  private derive(index: u32, step: u32): void {
    const length = this.lengthOf(index);
    if (this.overflowed || this.count == MAXIMUM_READINGS || this.starts[this.count] + length > MAXIMUM_BYTES) {
      this.overflowed = true;
      return;
    }
    this.keep(rewrite(step, this.at(index), length, this.at(this.count)));
  }

  /** Keeps what stands behind the last reading, unless it is there already. */
  private keep(length: u32): void {
    const added = this.at(this.count);
    let hash = FNV_OFFSET;
    for (let i: u32 = 0; i < length; i++) hash = (hash ^ load<u8>(added + i)) * FNV_PRIME;
    for (let i: u32 = 0; i < this.count; i++) {
      if (this.hashes[i] != hash || this.lengthOf(i) != length) continue;
      if (memory.compare(this.at(i), added, length) == 0) return;
    }
    this.hashes[this.count] = hash;
    this.starts[this.count + 1] = this.starts[this.count] + length;
    this.count++;
  }
}

function isDisputed(path: usize, length: u32): bool {
  if (length == 0 || load<u8>(path) != SLASH) return false;
  let previous: u8 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(path + i);
    if (c == PERCENT || c == BACKSLASH || c == SEMICOLON || c < 0x20) return true;
    if (previous == SLASH && (c == SLASH || c == DOT)) return true;
    previous = c;
  }
  return false;
}
