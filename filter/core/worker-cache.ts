import { Entry, EXPIRED } from './entry';

const WAYS: u32 = 4;

/** Counts what a cache pushed out although it was still of use. */
export class EvictionCount {
  value: u64 = 0;
}

/**
 * True when `candidate` should give way before `other`: expired before alive, refusals before tokens, then what expires
 * first.
 */
export function givesWayBefore(candidate: Entry, other: Entry, wall: u64, monotonic: u64): bool {
  const candidateExpired = candidate.state(wall, monotonic) == EXPIRED;
  const otherExpired = other.state(wall, monotonic) == EXPIRED;
  if (candidateExpired != otherExpired) return candidateExpired;
  if (candidate.isAllow != other.isAllow) return !candidate.isAllow;
  return candidate.lastsUntil < other.lastsUntil;
}

/** True when `entry` may take the place of `occupant`: a refusal never pushes out a token that is still of use. */
export function mayReplace(entry: Entry, occupant: Entry, wall: u64, monotonic: u64): bool {
  return entry.isAllow || !occupant.isAllow || occupant.state(wall, monotonic) == EXPIRED;
}

/** This worker's own entries, 4-way set-associative, indexed by their keyed digest. A lookup allocates nothing. */
export class WorkerCache {
  private readonly slots: StaticArray<Entry | null>;
  private readonly sets: u32;

  /** @param entries the most it holds, rounded up to a power of two */
  constructor(
    entries: u32,
    private readonly evictions: EvictionCount,
  ) {
    let capacity: u32 = 16;
    while (capacity < entries) capacity <<= 1;
    this.slots = new StaticArray<Entry | null>(capacity);
    this.sets = capacity / WAYS;
  }

  private first(key: usize): u32 {
    return (load<u32>(key) & (this.sets - 1)) * WAYS;
  }

  /** @param key 32 bytes */
  find(key: usize): Entry | null {
    const first = this.first(key);
    for (let i = first; i < first + WAYS; i++) {
      const entry = unchecked(this.slots[i]);
      if (entry !== null && entry.hasKey(key)) return entry;
    }
    return null;
  }

  store(entry: Entry, wall: u64, monotonic: u64): void {
    const first = this.first(entry.key);
    let victim = first;
    for (let i = first; i < first + WAYS; i++) {
      const occupant = this.slots[i];
      if (occupant === null || occupant.hasKey(entry.key)) {
        this.slots[i] = entry;
        return;
      }
      if (givesWayBefore(occupant, this.slots[victim]!, wall, monotonic)) victim = i;
    }
    const occupant = this.slots[victim]!;
    if (!mayReplace(entry, occupant, wall, monotonic)) return;
    if (occupant.state(wall, monotonic) != EXPIRED) this.evictions.value++;
    this.slots[victim] = entry;
  }

  remove(key: usize): void {
    const first = this.first(key);
    for (let i = first; i < first + WAYS; i++) {
      const entry = unchecked(this.slots[i]);
      if (entry !== null && entry.hasKey(key)) this.slots[i] = null;
    }
  }
}
