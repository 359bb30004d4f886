import type { Clock, Store } from '../decide/ports.ts';
import { DeadlineHeap } from './deadline-heap.ts';

/** How a {@link MemoryStore} is set up. */
export interface MemoryStoreOptions {
  /** Values kept at most; 0 stores nothing. */
  readonly maximumEntries: number;
  /** ms between sweeps that forget what nobody asks for any more; 0 sweeps only when room is needed. */
  readonly cleanupInterval: number;
  readonly clock: Clock;
}

interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
  /** Wall clock, ms. */
  readonly wallDeadline: number;
  /** Monotonic clock, ms. */
  readonly deadline: number;
  position: number;
}

/**
 * A bounded store in memory. When it is full an expired value makes room, or else the one that expires soonest. A value
 * ends on whichever clock says so first, because wall clocks step back.
 */
export class MemoryStore<Value> implements Store<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #heap = new DeadlineHeap<Entry<Value>>();
  readonly #options: MemoryStoreOptions;
  readonly #timer: NodeJS.Timeout | undefined;
  #evictions = 0;

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
    if (options.maximumEntries > 0 && options.cleanupInterval > 0) {
      this.#timer = setInterval(() => this.cleanup(), options.cleanupInterval);
      this.#timer.unref();
    }
  }

  /** Values held, those that expired since the last sweep included. */
  get size(): number {
    return this.#entries.size;
  }

  /** Values that were forgotten before their deadline to make room, since the start. */
  get evictions(): number {
    return this.#evictions;
  }

  async get(key: string): Promise<Value | undefined> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (!this.#isExpired(entry)) return entry.value;
    this.#remove(entry);
    return undefined;
  }

  async set(key: string, value: Value, deadline: number): Promise<void> {
    const former = this.#entries.get(key);
    if (former !== undefined) this.#remove(former);
    const remaining = deadline - this.#options.clock.now();
    // Written so that NaN is refused too.
    if (!(remaining > 0) || this.#options.maximumEntries <= 0) return;
    this.#makeRoom();
    const monotonicDeadline = this.#options.clock.monotonic() + remaining;
    const entry = { key, value, wallDeadline: deadline, deadline: monotonicDeadline, position: 0 };
    this.#entries.set(key, entry);
    this.#heap.add(entry);
  }

  async delete(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#remove(entry);
  }

  /** Forgets what has expired, in time proportional to that. */
  cleanup(): void {
    for (let top = this.#heap.peek(); top !== undefined && this.#isExpired(top); top = this.#heap.peek()) {
      this.#remove(top);
    }
  }

  /** Ends the sweeps and forgets everything. */
  close(): void {
    clearInterval(this.#timer);
    for (const entry of this.#entries.values()) this.#heap.remove(entry);
    this.#entries.clear();
  }

  #makeRoom(): void {
    if (this.#entries.size < this.#options.maximumEntries) return;
    this.cleanup();
    const soonest = this.#heap.peek();
    if (this.#entries.size < this.#options.maximumEntries || soonest === undefined) return;
    this.#remove(soonest);
    this.#evictions += 1;
  }

  #isExpired(entry: Entry<Value>): boolean {
    const { clock } = this.#options;
    return clock.now() >= entry.wallDeadline || clock.monotonic() >= entry.deadline;
  }

  #remove(entry: Entry<Value>): void {
    this.#entries.delete(entry.key);
    this.#heap.remove(entry);
  }
}
