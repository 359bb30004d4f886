import { setTimeout as delay } from 'node:timers/promises';
import type { HeldToken } from '../../decide/held-token.ts';
import type { Clock, SingleFlight } from '../../decide/ports.ts';
import { BrokerError, type ErrorCode } from '../../errors.ts';
import { MemorySingleFlight } from '../memory-single-flight.ts';
import type { SharedCacheObserver, WaitOutcome } from './observer.ts';
import type { Records, Shared } from './records.ts';
import type { Lock } from './remote.ts';
import type { ReplicatedStore } from './replicated-store.ts';

/** ms between two looks of a replica that waits, at first and at most. */
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 100;

/** ms for which a replica waits for another at most. */
const PATIENCE = 10_000;

/** ms for which a lock is kept at most: a run that takes longer hangs. */
const LONGEST_RUN = 30_000;

/** What the issuer said, or that it said nothing. A budget or a bug is each replica's own. */
const SHARED_FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'issuer_unavailable',
  'issuer_refused',
  'invalid_token_response',
  'token_response_too_large',
]);

interface ReplicatedFlightOptions {
  readonly store: ReplicatedStore;
  /** Undefined where nothing is shared. */
  readonly records: () => Records | undefined;
  readonly clock: Clock;
  readonly observer: SharedCacheObserver;
}

/** A turn that has come; without a lock where the replicas cannot agree, or need not. */
interface Turn {
  readonly lock: Lock | undefined;
}

/**
 * Callers of all replicas that ask for the same key share one run. One replica runs; the others look again and again until
 * there is an outcome, or nobody runs any more. It is cheaper than to be told: most runs take a few looks.
 */
export class ReplicatedFlight implements SingleFlight<HeldToken> {
  readonly #options: ReplicatedFlightOptions;
  readonly #flights = new MemorySingleFlight<HeldToken>();

  constructor(options: ReplicatedFlightOptions) {
    this.#options = options;
  }

  run(key: string, task: () => Promise<HeldToken>): Promise<HeldToken> {
    return this.#flights.run(key, () => {
      const records = this.#options.records();
      return records === undefined ? task() : this.#runInTurn(key, task, records);
    });
  }

  find(key: string): Promise<HeldToken> | undefined {
    return this.#flights.find(key);
  }

  async #runInTurn(key: string, task: () => Promise<HeldToken>, records: Records): Promise<HeldToken> {
    const { store } = this.#options;
    const { lock } = await this.#waitForTurn(key, records);
    if (lock === undefined) return store.inTurn(key, task);
    const stop = this.#keep(lock, records);
    try {
      return await store.inTurn(key, task);
    } catch (error) {
      if (error instanceof BrokerError && SHARED_FAILURES.has(error.code)) records.storeFailure(key, error);
      throw error;
    } finally {
      stop();
      records.release(lock);
    }
  }

  /** @throws BrokerError when the run that was waited for has failed */
  async #waitForTurn(key: string, records: Records): Promise<Turn> {
    const { store, clock, observer } = this.#options;
    const lock = records.lockFor(key);
    const start = clock.monotonic();
    let first: Shared | undefined;
    const ended = (outcome: WaitOutcome, turn: Turn): Turn => {
      if (first !== undefined) observer.waited(outcome, clock.monotonic() - start);
      return turn;
    };
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const shared = await records.read(key, lock);
      if (shared === undefined) return ended('bypassed', { lock: undefined });
      const { changed } = await store.merge(key, shared, records);
      const { failure, locked } = shared;
      if (first !== undefined && failure !== undefined && failure.id !== first.failure?.id) {
        ended('failure', { lock: undefined });
        if (locked) records.release(lock);
        throw new BrokerError(failure.failure.code, { issuer: failure.failure.issuer });
      }
      if (locked) return ended('turn', { lock });
      if (changed) return ended(shared.token?.held === undefined ? 'refusal' : 'token', { lock: undefined });
      first ??= shared;
      if (clock.monotonic() - start >= PATIENCE) return ended('patience', { lock: undefined });
      await delay(pause);
    }
  }

  /** Keeps a lock for as long as the run takes; a replica that dies lets go of it within its expiry. */
  #keep(lock: Lock, records: Records): () => void {
    const { clock } = this.#options;
    const until = clock.monotonic() + LONGEST_RUN;
    const timer = setInterval(() => {
      if (clock.monotonic() < until) records.extend(lock);
    }, lock.expiry / 3).unref();
    return () => clearInterval(timer);
  }
}
