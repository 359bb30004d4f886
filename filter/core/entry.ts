import { Bytes, sameBytes } from './bytes';
import { Hmac, Sha256 } from './sha256';

export const FRESH: u8 = 0;
/** Served while it is refreshed behind the request. */
export const STALE: u8 = 1;
/** Served only when a refresh failed. */
export const STALE_IF_ERROR: u8 = 2;
export const EXPIRED: u8 = 3;

export const ALLOW: u8 = 1;
export const DENIED: u8 = 2;

const TAG: u32 = 0;
const KEY: u32 = 32;
const KIND: u32 = 64;
const REJECTED: u32 = 65;
const STATUS: u32 = 68;
const DEADLINES: u32 = 72; // fresh, stale, stale-if-error; wall clock, then monotonic
const REPLACED_AT: u32 = 120;
const TOKEN_DIGEST: u32 = 128;
const HEADER_COUNT: u32 = 192;
const BODY_LENGTH: u32 = 196;
const UPDATED_AT: u32 = 200;
const CONTENT: u32 = 208;
const MAXIMUM_HEADERS: u32 = 64;
const EXPECTED_TAG: usize = memory.data(32);
// Keeps codes of entries apart from those of lookups, which share the key.
const ENTRY_DOMAIN: usize = memory.data<u8>([2]);

const run = new Sha256();

/**
 * A remembered decision: one block of bytes, the same in the worker's cache and in shared data, with an HMAC, because other
 * modules may write to shared data too.
 */
export class Entry {
  /** Monotonic ms: when it was last compared with shared data. This worker's own. */
  checkedAt: u64 = 0;
  /** Monotonic ms: no refresh before this, after one has failed. This worker's own. */
  retryAt: u64 = 0;
  readonly name: Bytes = new Bytes();
  readonly value: Bytes = new Bytes();
  private cursor: usize = 0;
  private left: u32 = 0;

  constructor(private readonly block: ArrayBuffer) {}

  get pointer(): usize {
    return changetype<usize>(this.block);
  }

  get length(): u32 {
    return this.block.byteLength;
  }

  get isAllow(): bool {
    return load<u8>(this.pointer, KIND) == ALLOW;
  }

  get status(): u32 {
    return load<u32>(this.pointer, STATUS);
  }

  get isRejected(): bool {
    return load<u8>(this.pointer, REJECTED) != 0;
  }

  get replacedAt(): u64 {
    return load<u64>(this.pointer, REPLACED_AT);
  }

  /** Monotonic ms: of two entries for one key, the later one counts. */
  get updatedAt(): u64 {
    return load<u64>(this.pointer, UPDATED_AT);
  }

  get key(): usize {
    return this.pointer + KEY;
  }

  get tag(): usize {
    return this.pointer + TAG;
  }

  get tokenDigest(): usize {
    return this.pointer + TOKEN_DIGEST;
  }

  get hasToken(): bool {
    return load<u8>(this.pointer, TOKEN_DIGEST) != 0;
  }

  hasKey(key: usize): bool {
    return sameBytes(this.key, key, 32);
  }

  sameToken(other: Entry): bool {
    return memory.compare(this.tokenDigest, other.tokenDigest, 64) == 0;
  }

  /** Monotonic ms after which it is of no use at all. */
  get lastsUntil(): u64 {
    return max(this.deadline(4), this.deadline(5));
  }

  /** Where the entry stands; of the two clocks, the one that finds it older is believed. */
  state(wall: u64, monotonic: u64): u8 {
    if (wall < this.deadline(0) && monotonic < this.deadline(3)) return FRESH;
    if (wall < this.deadline(1) && monotonic < this.deadline(4)) return STALE;
    if (wall < this.deadline(2) && monotonic < this.deadline(5)) return STALE_IF_ERROR;
    return EXPIRED;
  }

  private deadline(index: u32): u64 {
    return load<u64>(this.pointer + DEADLINES + 8 * index);
  }

  /**
   * Notes that the backend refused the token, or takes the note back. Taken back, it counts as later than the note alone: any
   * answer to what was asked since then is later still, also one that is under way to another worker. `at`: monotonic ms.
   */
  setRejected(rejected: bool, at: u64, hmac: Hmac): void {
    store<u8>(this.pointer, rejected ? 1 : 0, REJECTED);
    store<u64>(this.pointer, at, REPLACED_AT);
    store<u64>(this.pointer, rejected ? at : this.updatedAt + 1, UPDATED_AT);
    writeTag(hmac, this.pointer, this.length, this.tag);
  }

  rewind(): void {
    this.left = load<u32>(this.pointer, HEADER_COUNT);
    this.cursor = this.pointer + CONTENT;
  }

  /** Moves {@link name} and {@link value} to the next header. */
  nextHeader(): bool {
    if (this.left == 0) return false;
    const nameLength = load<u32>(this.cursor);
    const valueLength = load<u32>(this.cursor, 4);
    this.name.set(this.cursor + 8, nameLength);
    this.value.set(this.cursor + 8 + nameLength, valueLength);
    this.cursor += 8 + nameLength + valueLength;
    this.left--;
    return true;
  }

  readBody(into: Bytes): void {
    const length = load<u32>(this.pointer, BODY_LENGTH);
    into.set(this.pointer + this.length - length, length);
  }

  /** An entry from bytes of shared data; null when none of our VMs wrote them. Then their inner lengths can be trusted. */
  static authentic(pointer: usize, length: u32, hmac: Hmac): Entry | null {
    if (length < CONTENT) return null;
    writeTag(hmac, pointer, length, EXPECTED_TAG);
    if (memory.compare(pointer + TAG, EXPECTED_TAG, 32) != 0) return null;
    const block = new ArrayBuffer(length);
    memory.copy(changetype<usize>(block), pointer, length);
    return new Entry(block);
  }
}

/** True when the bytes say they are the entry of `key`; only {@link Entry.authentic} proves it. */
export function claimsKey(pointer: usize, length: u32, key: usize): bool {
  return length >= CONTENT && sameBytes(pointer + KEY, key, 32);
}

function writeTag(hmac: Hmac, pointer: usize, length: u32, target: usize): void {
  hmac.begin(run);
  run.update(ENTRY_DOMAIN, 1);
  run.update(pointer + KEY, length - KEY);
  hmac.finish(run, target);
}

/** Collects a decision and writes it as an {@link Entry}. One is reused for every answer. */
export class EntryBuilder {
  private kind: u8 = ALLOW;
  private status: u32 = 0;
  private readonly deadlines: StaticArray<u64> = new StaticArray<u64>(6);
  private readonly names: StaticArray<Bytes> = filled();
  private readonly values: StaticArray<Bytes> = filled();
  private count: u32 = 0;
  private readonly body: Bytes = new Bytes();
  private readonly token: Bytes = new Bytes();
  private updatedAt: u64 = 0;

  begin(kind: u8, status: u32): void {
    this.kind = kind;
    this.status = status;
    this.count = 0;
    this.deadlines.fill(0);
    this.updatedAt = 0;
    this.body.set(0, 0);
    this.token.set(0, 0);
  }

  /** False when there are too many. */
  addHeader(name: usize, nameLength: u32, value: usize, valueLength: u32): bool {
    if (this.count == MAXIMUM_HEADERS) return false;
    this.names[this.count].set(name, nameLength);
    this.values[this.count].set(value, valueLength);
    this.count++;
    return true;
  }

  hasHeader(name: Bytes): bool {
    for (let i: u32 = 0; i < this.count; i++) if (this.names[i].same(name)) return true;
    return false;
  }

  setBody(body: Bytes): void {
    this.body.set(body.pointer, body.length);
  }

  /** @param digest 64 hex digits */
  setTokenDigest(digest: usize): void {
    this.token.set(digest, 64);
  }

  /** Lifetimes in ms from the moment given by both clocks; a window counts from the end of `fresh`. */
  setLifetime(wall: u64, monotonic: u64, fresh: u64, stale: u64, staleIfError: u64): void {
    this.updatedAt = monotonic;
    this.deadlines[0] = wall + fresh;
    this.deadlines[1] = wall + fresh + stale;
    this.deadlines[2] = wall + fresh + staleIfError;
    this.deadlines[3] = monotonic + fresh;
    this.deadlines[4] = monotonic + fresh + stale;
    this.deadlines[5] = monotonic + fresh + staleIfError;
  }

  size(): u32 {
    let size = CONTENT + this.body.length;
    for (let i: u32 = 0; i < this.count; i++) size += 8 + this.names[i].length + this.values[i].length;
    return size;
  }

  /** @param key 32 bytes */
  finish(key: usize, replacedAt: u64, hmac: Hmac): Entry {
    const length = this.size();
    const block = new ArrayBuffer(length);
    const at = changetype<usize>(block);
    memory.copy(at + KEY, key, 32);
    store<u8>(at, this.kind, KIND);
    store<u32>(at, this.status, STATUS);
    memory.copy(at + DEADLINES, changetype<usize>(this.deadlines), 48);
    store<u64>(at, replacedAt, REPLACED_AT);
    store<u64>(at, this.updatedAt, UPDATED_AT);
    if (this.token.length == 64) memory.copy(at + TOKEN_DIGEST, this.token.pointer, 64);
    store<u32>(at, this.count, HEADER_COUNT);
    store<u32>(at, this.body.length, BODY_LENGTH);
    let cursor = at + CONTENT;
    for (let i: u32 = 0; i < this.count; i++) {
      const name = this.names[i];
      const value = this.values[i];
      store<u32>(cursor, name.length);
      store<u32>(cursor, value.length, 4);
      memory.copy(cursor + 8, name.pointer, name.length);
      memory.copy(cursor + 8 + name.length, value.pointer, value.length);
      cursor += 8 + name.length + value.length;
    }
    memory.copy(cursor, this.body.pointer, this.body.length);
    writeTag(hmac, at, length, at + TAG);
    return new Entry(block);
  }
}

function filled(): StaticArray<Bytes> {
  const bytes = new StaticArray<Bytes>(MAXIMUM_HEADERS);
  for (let i: u32 = 0; i < MAXIMUM_HEADERS; i++) bytes[i] = new Bytes();
  return bytes;
}
