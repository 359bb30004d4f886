import { Counters, EVICTIONS_SHARED, EVICTIONS_WORKER } from './counters';
import { Entry } from './entry';
import { Host } from './host';
import { Settings } from './settings';
import { Hmac } from './sha256';
import { SharedCache } from './shared-cache';
import { EvictionCount, WorkerCache } from './worker-cache';

/** Both layers of remembered decisions: this worker's, and in front of nothing or of what all workers share. */
export class DecisionCache {
  /** True when the last {@link find} took its entry from shared data. */
  foundInShared: bool = false;
  /** Wall clock and monotonic ms of the callback that is under way. */
  wall: u64 = 0;
  monotonic: u64 = 0;
  private readonly worker: WorkerCache;
  private readonly shared: SharedCache | null;
  private readonly workerEvictions: EvictionCount;
  private readonly sharedEvictions: EvictionCount;

  constructor(
    host: Host,
    private readonly settings: Settings,
    usesShared: bool,
    private readonly counters: Counters,
  ) {
    const workerEvictions = new EvictionCount();
    const sharedEvictions = new EvictionCount();
    this.worker = new WorkerCache(settings.workerEntries, workerEvictions);
    this.shared = usesShared
      ? new SharedCache(host, settings.cacheSlots, settings.cluster, settings.authority, sharedEvictions)
      : null;
    this.workerEvictions = workerEvictions;
    this.sharedEvictions = sharedEvictions;
  }

  /** What is remembered under a 32-byte digest, compared with shared data where the last comparison is too old. */
  find(key: usize, hmac: Hmac): Entry | null {
    this.foundInShared = false;
    const entry = this.worker.find(key);
    if (entry !== null && this.monotonic - entry.checkedAt < this.settings.sharedCheckInterval) return entry;
    return this.newest(key, entry, hmac);
  }

  /** Like {@link find}, but asks shared data in any case. `held`: what this worker has. */
  newest(key: usize, held: Entry | null, hmac: Hmac): Entry | null {
    const shared = this.shared;
    if (shared === null) return held;
    if (held !== null) held.checkedAt = this.monotonic;
    const found = shared.find(key, hmac, held);
    if (found === null || found === held) return held;
    if (held !== null && held.updatedAt >= found.updatedAt) return held;
    found.checkedAt = this.monotonic;
    this.foundInShared = true;
    this.worker.store(found, this.wall, this.monotonic);
    return found;
  }

  store(entry: Entry, hmac: Hmac): void {
    entry.checkedAt = this.monotonic;
    this.worker.store(entry, this.wall, this.monotonic);
    const shared = this.shared;
    if (shared !== null) shared.store(entry, hmac, this.wall, this.monotonic);
  }

  countEvictions(): void {
    this.counters.add(EVICTIONS_WORKER, this.workerEvictions.value);
    this.counters.add(EVICTIONS_SHARED, this.sharedEvictions.value);
    this.workerEvictions.value = 0;
    this.sharedEvictions.value = 0;
  }
}
