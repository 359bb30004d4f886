import { Backoff } from '../../backoff.ts';
import type { RemoteKeys, SignatureAlgorithm } from '../../config/provider.ts';
import type { Clock } from '../../decide/ports.ts';
import type { FetchedKeySet } from './fetch-key-set.ts';
import type { KeyLookup, KeySet } from './key-set.ts';
import { type ParsedKeySet, selectKey } from './parse-key-set.ts';
import { UnknownKids } from './unknown-kids.ts';

/** The share of its freshness after which a set is fetched again behind the requests. */
const REFRESH_AT = 0.75;

/** For how many cooldowns a kid that was not in a fresh set fetches it no more. */
const COOLDOWNS_REMEMBERED = 10;

/** What a look for a key met, for metrics. */
export type KeyEvent = 'hit' | 'fetch' | 'cooldown' | 'remembered' | 'stale' | 'fallback';

export interface RemoteKeySetOptions {
  readonly remote: RemoteKeys;
  /** Serves while no fetched set can. */
  readonly fallback: ParsedKeySet | undefined;
  readonly fetchKeySet: () => Promise<FetchedKeySet>;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly observe: (event: KeyEvent) => void;
  /** A fetch has ended, after `duration` ms. */
  readonly fetched: (outcome: FetchedKeySet | Error, duration: number) => void;
  /** Nothing will be fetched any more. */
  readonly closed: () => Promise<void>;
}

interface Held {
  readonly set: ParsedKeySet;
  /** ms */
  readonly freshness: number;
  readonly fetchedAt: number;
  readonly fetchedAtMonotonic: number;
}

/**
 * A fetched key set: fetched when it is first needed, again behind the requests before it goes stale, and for a kid that
 * it does not hold once per cooldown. While no newer one can be had it serves to a hard limit, and then the fallback does.
 */
export class RemoteKeySet implements KeySet {
  readonly #options: RemoteKeySetOptions;
  readonly #backoff: Backoff;
  readonly #unknownKids = new UnknownKids();
  #held: Held | undefined;
  #flight: Promise<void> | undefined;
  #used: boolean;

  constructor(options: RemoteKeySetOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
    this.#used = options.remote.prefetch;
  }

  /** ms since the set in use was fetched; undefined before the first. */
  get age(): number | undefined {
    return this.#held && this.#ageOf(this.#held);
  }

  async find(kid: string | undefined, algorithms: readonly SignatureAlgorithm[]): Promise<KeyLookup> {
    this.#used = true;
    const before = this.#held;
    const set = await this.#current();
    if (set === undefined) return { kind: 'unavailable', trueFor: this.#backoff.remaining(this.#monotonic()) };
    const key = selectKey(set, kid, algorithms);
    if (key !== undefined) {
      this.#options.observe(this.#sourceOf(set, before));
      return { kind: 'found', key };
    }
    return this.#held === before ? this.#fetchFor(kid, algorithms) : this.#unknown(kid, 'fetch');
  }

  /** Fetches the set again when it is used and will soon be stale. To be called about once a second. */
  refreshIfDue(): void {
    const held = this.#held;
    const due = held === undefined ? this.#options.remote.prefetch : this.#used && this.#isDue(held);
    if (due && this.#backoff.remaining(this.#monotonic()) === 0) void this.#refresh();
  }

  /** Waits for a fetch under way. */
  async close(): Promise<void> {
    await this.#flight;
    await this.#options.closed();
  }

  /** The set that serves now; the first one to find it stale waits for a fetch. */
  async #current(): Promise<ParsedKeySet | undefined> {
    const held = this.#held;
    if (held !== undefined && this.#ageOf(held) < held.freshness) {
      this.refreshIfDue();
      return held.set;
    }
    if (this.#backoff.remaining(this.#monotonic()) === 0) {
      const refreshed = this.#refresh();
      // A server that hangs must not make callers wait each time it is tried, where there are keys to go on with.
      if (!this.#backoff.failing || this.#lastGood() === undefined) await refreshed;
    }
    return this.#lastGood();
  }

  #lastGood(): ParsedKeySet | undefined {
    const held = this.#held;
    const { fallback, remote } = this.#options;
    return held !== undefined && this.#ageOf(held) < remote.hardLimit ? held.set : fallback;
  }

  /** Fetches the set for a kid that it lacks, unless that was done a moment ago. */
  async #fetchFor(kid: string | undefined, algorithms: readonly SignatureAlgorithm[]): Promise<KeyLookup> {
    if (this.#unknownKids.has(kid ?? '', this.#monotonic())) return this.#unknown(kid, 'remembered');
    if (this.#rest() > 0) return this.#unknown(kid, 'cooldown');
    const before = this.#held;
    await this.#refresh();
    const set = this.#lastGood();
    const key = set && selectKey(set, kid, algorithms);
    if (key === undefined) return this.#unknown(kid, this.#held === before ? 'stale' : 'fetch');
    this.#options.observe('fetch');
    return { kind: 'found', key };
  }

  #unknown(kid: string | undefined, event: KeyEvent): KeyLookup {
    this.#options.observe(event);
    // Only a set that was fetched after the question says that it lacks the key.
    if (event === 'fetch') {
      const { cooldown } = this.#options.remote;
      this.#unknownKids.remember(kid ?? '', this.#monotonic() + COOLDOWNS_REMEMBERED * cooldown);
    }
    return { kind: 'unknown', trueFor: this.#rest() };
  }

  /** ms until an unknown kid may have the set fetched. */
  #rest(): number {
    const now = this.#monotonic();
    const cooldown = this.#held === undefined ? 0 : this.#held.fetchedAtMonotonic + this.#options.remote.cooldown - now;
    return Math.max(0, cooldown, this.#backoff.remaining(now));
  }

  /** One fetch at a time, whoever asks for it; a failure leaves what is held. */
  #refresh(): Promise<void> {
    this.#flight ??= this.#fetch().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #fetch(): Promise<void> {
    const { clock, fetchKeySet, fetched, remote } = this.#options;
    const fetchedAt = clock.now();
    const fetchedAtMonotonic = clock.monotonic();
    try {
      const set = await fetchKeySet();
      const { minimum, maximum, default: otherwise } = remote.freshness;
      const freshness = Math.min(maximum, Math.max(minimum, set.maxAge ?? otherwise));
      this.#held = { set, freshness, fetchedAt, fetchedAtMonotonic };
      this.#used = remote.prefetch;
      this.#backoff.succeeded();
      fetched(set, clock.monotonic() - fetchedAtMonotonic);
    } catch (error) {
      this.#backoff.failed(clock.monotonic());
      fetched(error instanceof Error ? error : new Error('unknown failure'), clock.monotonic() - fetchedAtMonotonic);
    }
  }

  #isDue(held: Held): boolean {
    return this.#ageOf(held) >= held.freshness * REFRESH_AT;
  }

  /** By whichever clock says more: the wall clock may step back, and the monotonic one stands still in sleep. */
  #ageOf({ fetchedAt, fetchedAtMonotonic }: Held): number {
    return Math.max(this.#options.clock.now() - fetchedAt, this.#monotonic() - fetchedAtMonotonic);
  }

  #sourceOf(set: ParsedKeySet, before: Held | undefined): KeyEvent {
    const held = this.#held;
    if (held === undefined || held.set !== set) return 'fallback';
    if (held !== before) return 'fetch';
    return this.#ageOf(held) < held.freshness ? 'hit' : 'stale';
  }

  #monotonic(): number {
    return this.#options.clock.monotonic();
  }
}
