import { ageOf, type HeldToken } from '../../decide/held-token.ts';
import type { Refusal } from '../../decide/obtain-token.ts';
import type { Store } from '../../decide/ports.ts';
import { MemoryStore, type MemoryStoreOptions } from '../memory-store.ts';
import type { Records, Shared } from './records.ts';

/** ms for which a replica gives out its own copy before it looks again whether another replica has replaced the token. */
const RECHECK = 1000;

/** A token as this replica holds it. */
interface Copy {
  readonly held: HeldToken;
  /** Grows with each token in the place of another. */
  readonly version: number;
  /** Monotonic clock, ms: when it was last compared with what the others hold. */
  readonly checkedAt: number;
}

interface ReplicatedStoreOptions extends MemoryStoreOptions {
  readonly maximumRefusals: number;
  /** Undefined where nothing is shared. */
  readonly records: () => Records | undefined;
}

/** Tokens and refusals in memory, and behind them what all replicas share, where they do. */
export class ReplicatedStore implements Store<HeldToken> {
  readonly #options: ReplicatedStoreOptions;
  readonly #copies: MemoryStore<Copy>;
  readonly #refusals: MemoryStore<Refusal>;
  readonly #looks = new Map<string, Promise<void>>();
  /** Keys whose turn it is: nobody else writes them, and they have been looked at. */
  readonly #turns = new Set<string>();
  readonly refusals: Store<Refusal>;

  constructor(options: ReplicatedStoreOptions) {
    this.#options = options;
    this.#copies = new MemoryStore<Copy>(options);
    this.#refusals = new MemoryStore<Refusal>({ ...options, maximumEntries: options.maximumRefusals });
    this.refusals = {
      get: (key) => this.#refusals.get(key),
      set: (key, refusal, deadline) => this.#setRefusal(key, refusal, deadline),
      delete: (key) => this.#refusals.delete(key),
    };
  }

  /** Tokens in memory; see {@link MemoryStore.size}. */
  get size(): number {
    return this.#copies.size;
  }

  get refusalCount(): number {
    return this.#refusals.size;
  }

  get evictions(): number {
    return this.#copies.evictions;
  }

  /** @param fresh whether a copy of our own has to be compared with what the others hold, however young it is */
  async get(key: string, fresh = false): Promise<HeldToken | undefined> {
    const copy = await this.#copies.get(key);
    const records = this.#options.records();
    if (records === undefined || this.#turns.has(key)) return copy?.held;
    const age = copy === undefined ? Number.POSITIVE_INFINITY : this.#options.clock.monotonic() - copy.checkedAt;
    if (!fresh && age < RECHECK) return copy?.held;
    await this.#look(key, records);
    return (await this.#copies.get(key))?.held;
  }

  async set(key: string, held: HeldToken, deadline: number): Promise<void> {
    const copy = await this.#copies.get(key);
    const same = copy?.held.token.digest === held.token.digest;
    const version = same ? copy.version : this.#nextVersion(copy);
    this.#options.records()?.storeToken(key, version, held);
    await this.#keep(key, { version, held }, deadline);
  }

  async delete(key: string): Promise<void> {
    const copy = await this.#copies.get(key);
    this.#options.records()?.storeGone(key, this.#nextVersion(copy), copy?.held);
    await this.#copies.delete(key);
  }

  /** Runs a task during which nobody else writes what belongs to a key, as far as the replicas could agree on that. */
  async inTurn<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    this.#turns.add(key);
    try {
      return await task();
    } finally {
      this.#turns.delete(key);
    }
  }

  /** Takes over what the others hold where that is newer, and offers them our own where that is. */
  async merge(key: string, shared: Shared, records: Records): Promise<{ readonly changed: boolean }> {
    const { clock } = this.#options;
    const { token, refusal } = shared;
    const refused = refusal !== undefined && (await this.#refusals.get(key)) === undefined;
    if (refused) await this.#refusals.set(key, refusal, refusal.until);
    const copy = await this.#copies.get(key);
    if (token === undefined || (copy !== undefined && token.version < copy.version)) {
      if (copy !== undefined) {
        records.storeToken(key, copy.version, copy.held, token === undefined);
        await this.#keep(key, copy);
      }
      return { changed: refused };
    }
    const { version, held } = token;
    if (held !== undefined && ageOf(held, clock) < held.usable) await this.#keep(key, { version, held });
    else await this.#copies.delete(key);
    return { changed: refused || copy?.held.token.digest !== held?.token.digest };
  }

  close(): void {
    this.#copies.close();
    this.#refusals.close();
  }

  /** Those that ask for one key at once share one look. */
  #look(key: string, records: Records): Promise<void> {
    const present = this.#looks.get(key);
    if (present !== undefined) return present;
    const look = records
      .read(key)
      .then(async (shared) => {
        if (shared !== undefined) await this.merge(key, shared, records);
      })
      .finally(() => this.#looks.delete(key));
    this.#looks.set(key, look);
    return look;
  }

  async #setRefusal(key: string, refusal: Refusal, deadline: number): Promise<void> {
    this.#options.records()?.storeRefusal(key, refusal);
    await this.#refusals.set(key, refusal, deadline);
  }

  /** @param deadline wall clock, ms; by default what is left of the token */
  async #keep(key: string, { version, held }: Omit<Copy, 'checkedAt'>, deadline?: number): Promise<void> {
    const { clock } = this.#options;
    const left = clock.now() + held.usable - ageOf(held, clock);
    await this.#copies.set(key, { version, held, checkedAt: clock.monotonic() }, deadline ?? left);
  }

  /** Later than what is known, and than what replicas know that have never met it: as a rule their clocks agree. */
  #nextVersion(copy: Copy | undefined): number {
    return Math.max(this.#options.clock.now(), (copy?.version ?? 0) + 1);
  }
}
