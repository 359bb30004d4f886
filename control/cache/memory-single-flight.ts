import type { SingleFlight } from '../decide/ports.ts';
import { BrokerError } from '../errors.ts';

/** Runs under way at once, where nothing else is said. */
const MAXIMUM_RUNS = 10_000;

/** Callers of one process that ask for the same key share one run. */
export class MemorySingleFlight<Value> implements SingleFlight<Value> {
  readonly #runs = new Map<string, Promise<Value>>();
  readonly #maximumRuns: number;

  /** @param options.maximumRuns runs under way at once, 10,000 by default */
  constructor(options: { readonly maximumRuns?: number } = {}) {
    this.#maximumRuns = options.maximumRuns ?? MAXIMUM_RUNS;
  }

  /** Runs under way. */
  get size(): number {
    return this.#runs.size;
  }

  /**
   * Runs `task` unless one for `key` is under way, and gives that run's outcome.
   *
   * @throws BrokerError issuer_busy when too many keys have a run under way; otherwise whatever `task` throws
   */
  run(key: string, task: () => Promise<Value>): Promise<Value> {
    const present = this.#runs.get(key);
    if (present !== undefined) return present;
    if (this.#runs.size >= this.#maximumRuns) return Promise.reject(new BrokerError('issuer_busy'));

    // `task` begins in a later microtask, when the run is on record: one that throws at once is then an outcome too.
    const run = Promise.resolve()
      .then(task)
      .finally(() => this.#runs.delete(key));
    // All callers may have gone when it fails; without a handler that would end the process.
    run.catch(() => {});
    this.#runs.set(key, run);
    return run;
  }

  /** The outcome of the run under way for `key`; undefined when there is none. */
  find(key: string): Promise<Value> | undefined {
    return this.#runs.get(key);
  }
}
