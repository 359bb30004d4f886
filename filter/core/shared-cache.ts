import { Bytes } from './bytes';
import { claimsKey, Entry, EXPIRED } from './entry';
import { Host } from './host';
import { Hmac } from './sha256';
import { EvictionCount, givesWayBefore, mayReplace } from './worker-cache';

// The name carries the version of the entry's encoding.
const NAME: string = 'token-broker/1/';

/**
 * The entries that all workers share, in the proxy's shared data: a fixed number of slots, of which each key may use two.
 * Shared data cannot delete and other modules may write to it, so a slot is overwritten, and what is read is authenticated.
 */
export class SharedCache {
  private readonly slotName: Bytes;
  private readonly read: Bytes = new Bytes();

  constructor(
    private readonly host: Host,
    private readonly slots: u32,
    cluster: Bytes,
    authority: Bytes,
    private readonly evictions: EvictionCount,
  ) {
    this.slotName = Bytes.from(NAME + cluster.toString() + '/' + authority.toString() + '/0000');
  }

  /** Names slot `choice` (0 or 1) of a key. */
  private select(key: usize, choice: u32): void {
    store<u32>(this.slotName.pointer + this.slotName.length - 4, load<u32>(key + 4 + 4 * choice) % this.slots);
  }

  private readSlot(key: usize, choice: u32): bool {
    this.select(key, choice);
    return this.host.readShared(this.slotName, this.read);
  }

  /** The entry of `key`; `known` itself when shared data holds the same bytes, which then need no second check. */
  find(key: usize, hmac: Hmac, known: Entry | null): Entry | null {
    for (let choice: u32 = 0; choice < 2; choice++) {
      if (!this.readSlot(key, choice) || !claimsKey(this.read.pointer, this.read.length, key)) continue;
      if (known !== null && this.read.equals(known.pointer, known.length)) return known;
      const entry = Entry.authentic(this.read.pointer, this.read.length, hmac);
      if (entry !== null) return entry;
    }
    return null;
  }

  store(entry: Entry, hmac: Hmac, wall: u64, monotonic: u64): void {
    const first = this.occupant(entry.key, 0, hmac);
    const second = this.occupant(entry.key, 1, hmac);
    const choice = choose(entry, first, second, wall, monotonic);
    const victim = choice == 0 ? first : second;
    if (victim !== null && !victim.hasKey(entry.key)) {
      if (!mayReplace(entry, victim, wall, monotonic)) return;
      if (victim.state(wall, monotonic) != EXPIRED) this.evictions.value++;
    }
    this.select(entry.key, choice);
    this.host.writeShared(this.slotName, entry.pointer, entry.length);
  }

  private occupant(key: usize, choice: u32, hmac: Hmac): Entry | null {
    return this.readSlot(key, choice) ? Entry.authentic(this.read.pointer, this.read.length, hmac) : null;
  }
}

/** The slot for `entry`: its own, or else a free one, or else the one that gives way first. Two copies would disagree. */
function choose(entry: Entry, first: Entry | null, second: Entry | null, wall: u64, monotonic: u64): u32 {
  if (first !== null && first.hasKey(entry.key)) return 0;
  if (second !== null && second.hasKey(entry.key)) return 1;
  if (first === null) return 0;
  if (second === null) return 1;
  return givesWayBefore(first, second, wall, monotonic) ? 0 : 1;
}
