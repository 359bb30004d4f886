import { randomBytes } from 'node:crypto';
import { ageOf, type HeldToken } from '../../decide/held-token.ts';
import type { Refusal } from '../../decide/obtain-token.ts';
import type { Clock } from '../../decide/ports.ts';
import type { BrokerError } from '../../errors.ts';
import { decodeRefusal, decodeToken, encodeRefusal, encodeToken, type Receipt, type SharedToken } from './contents.ts';
import type { GuardedRemote } from './guarded-remote.ts';
import type { SharedCacheObserver } from './observer.ts';
import type { Lock, Stored } from './remote.ts';
import type { Sealer } from './sealer.ts';

/** ms for which replicas that wait are told how a run failed: longer than they take to look again. */
const FAILURE_LIFETIME = 1000;

/** ms for which the others are told that there is no token any more, where nobody knows how long they may hold it. */
const GONE_LIFETIME = 60_000;

/** What replicas know of one key. */
export interface Shared {
  /** Whether the lock that was asked for is now held. */
  readonly locked: boolean;
  readonly token: SharedToken | undefined;
  readonly refusal: Refusal | undefined;
  readonly failure: { readonly id: string; readonly failure: Refusal } | undefined;
}

interface RecordsOptions {
  readonly remote: GuardedRemote;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly observer: SharedCacheObserver;
  /** Begins every name. */
  readonly prefix: string;
  /** ms */
  readonly lockExpiry: number;
}

/** What is kept on the server for each key, sealed: a token, a refusal, the outcome of a run that failed, and a lock. */
export class Records {
  readonly #options: RecordsOptions;

  constructor(options: RecordsOptions) {
    this.#options = options;
  }

  /** A lock of our own for that key, not yet held. */
  lockFor(key: string): Lock {
    const { lockExpiry } = this.#options;
    return { name: this.#name(key, 'lock'), holder: randomBytes(16).toString('base64url'), expiry: lockExpiry };
  }

  /** @returns undefined when the server did not say */
  async read(key: string, lock?: Lock): Promise<Shared | undefined> {
    const { remote, clock } = this.#options;
    const kinds = lock === undefined ? (['token', 'refusal'] as const) : (['token', 'refusal', 'failure'] as const);
    const names = kinds.map((kind) => this.#name(key, kind));
    const askedAt = clock.monotonic();
    const reading = await remote.attempt(lock === undefined ? 'look' : 'claim', (server) => server.read(names, lock));
    if (reading === undefined) return undefined;
    const [token, refusal, failure] = reading.stored;
    const open = <Content>(index: number, stored: Stored | undefined, decode: Decode<Content>) =>
      stored && this.#open(names[index] ?? '', stored, askedAt, decode);
    const shared = {
      locked: reading.locked,
      token: open(0, token, decodeToken),
      refusal: open(1, refusal, decodeRefusal),
      failure: failure && this.#failureOf(failure, open(2, failure, decodeRefusal)),
    };
    if (lock === undefined) this.#tellOf(shared);
    return shared;
  }

  /** @param onlyIfAbsent leaves alone what another replica has stored */
  storeToken(key: string, version: number, held: HeldToken, onlyIfAbsent = false): void {
    const { clock } = this.#options;
    const content = encodeToken({ version, held }, clock);
    this.#write(this.#name(key, 'token'), content, held.usable - ageOf(held, clock), onlyIfAbsent);
  }

  /** @param held what the others may hold too */
  storeGone(key: string, version: number, held: HeldToken | undefined): void {
    const { clock } = this.#options;
    const lifetime = held === undefined ? GONE_LIFETIME : held.usable - ageOf(held, clock);
    this.#write(this.#name(key, 'token'), encodeToken({ version, held: undefined }, clock), lifetime);
  }

  storeRefusal(key: string, refusal: Refusal): void {
    const lifetime = Math.min(
      refusal.until - this.#options.clock.now(),
      refusal.untilMonotonic - this.#options.clock.monotonic(),
    );
    this.#write(this.#name(key, 'refusal'), encodeRefusal(refusal), lifetime);
  }

  storeFailure(key: string, failure: BrokerError): void {
    this.#write(this.#name(key, 'failure'), encodeRefusal(failure), FAILURE_LIFETIME);
  }

  extend(lock: Lock): void {
    void this.#options.remote.attempt('extend', (server) => server.extend(lock));
  }

  release(lock: Lock): void {
    void this.#options.remote.attempt('release', (server) => server.release(lock));
  }

  close(): void {
    this.#options.remote.close();
  }

  /** Keys are keyed digests already; the braces keep those of one key together wherever somebody shards them. */
  #name(key: string, kind: 'token' | 'refusal' | 'failure' | 'lock'): string {
    return `${this.#options.prefix}{${key}}:${kind}`;
  }

  /** Nobody waits for it: what follows on the connection comes after it. */
  #write(name: string, content: Buffer, lifetime: number, onlyIfAbsent = false): void {
    const { remote, sealer } = this.#options;
    const whole = Math.floor(lifetime);
    if (!(whole >= 1)) return;
    void remote.attempt('store', (server) => server.write(name, sealer.seal(name, content), whole, onlyIfAbsent));
  }

  #open<Content>(name: string, stored: Stored, askedAt: number, decode: Decode<Content>): Content | undefined {
    const { sealer, clock, observer } = this.#options;
    const content = sealer.open(name, stored.bytes);
    const decoded = content && decode(content, { askedAt, remaining: stored.remaining }, clock);
    if (decoded === undefined) observer.found('unreadable');
    return decoded;
  }

  #failureOf({ bytes }: Stored, failure: Refusal | undefined): Shared['failure'] {
    // No two are sealed to the same bytes.
    return failure && { id: bytes.toString('latin1'), failure };
  }

  #tellOf({ token, refusal }: Shared): void {
    const finding = refusal === undefined ? 'nothing' : 'refusal';
    this.#options.observer.found(token?.held === undefined ? finding : 'token');
  }
}

type Decode<Content> = (bytes: Buffer, receipt: Receipt, clock: Clock) => Content | undefined;
