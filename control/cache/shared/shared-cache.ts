import { createHash } from 'node:crypto';
import type { CacheConfiguration } from '../../config/configuration.ts';
import type { SharedCacheConfiguration } from '../../config/shared-cache.ts';
import type { Clock } from '../../decide/ports.ts';
import { GuardedRemote } from './guarded-remote.ts';
import { IovalkeyRemote, type RemoteAddress } from './iovalkey-remote.ts';
import type { SharedCacheObserver } from './observer.ts';
import { Records } from './records.ts';
import type { Remote } from './remote.ts';
import { ReplicatedFlight } from './replicated-flight.ts';
import { ReplicatedStore } from './replicated-store.ts';
import { Sealer } from './sealer.ts';

interface SharedCacheOptions {
  /** Sizes of what is in memory, which stay what they are at start. */
  readonly cache: Pick<CacheConfiguration, 'maximumEntries' | 'cleanupInterval'>;
  readonly maximumRefusals: number;
  readonly clock: Clock;
  readonly observer: SharedCacheObserver;
  /** Reads certificates. */
  readonly readFile: (path: string) => Buffer;
  /** Makes a connection; to a real server by default. */
  readonly connect?: (address: RemoteAddress) => Remote;
}

/** Tokens, refusals and runs of this replica, and of all that share a server with it, once {@link use} names one. */
export class SharedCache {
  readonly tokens: ReplicatedStore;
  readonly flights: ReplicatedFlight;
  readonly #options: SharedCacheOptions;
  #identity = '';
  #remote: GuardedRemote | undefined;
  #records: Records | undefined;

  constructor(options: SharedCacheOptions) {
    const { cache, maximumRefusals, clock, observer } = options;
    this.#options = options;
    const records = () => this.#records;
    this.tokens = new ReplicatedStore({ ...cache, maximumRefusals, clock, records });
    this.flights = new ReplicatedFlight({ store: this.tokens, records, clock, observer });
  }

  /**
   * Shares by this configuration from now on; the connection stays where only keys or the prefix are others.
   *
   * @throws Error naming a file that cannot be read; then everything stays as it was
   */
  use(shared: SharedCacheConfiguration | undefined): void {
    const { clock, observer, connect = (at) => new IovalkeyRemote(at) } = this.#options;
    if (shared === undefined) {
      this.#leave();
      return;
    }
    const { timeout, bypass, lockExpiry, keyPrefix: prefix } = shared;
    const address = this.#addressOf(shared);
    const identity = identityOf(address, timeout, bypass);
    if (identity !== this.#identity || this.#remote === undefined) {
      this.#leave();
      this.#remote = new GuardedRemote({ remote: connect(address), timeout, bypass, clock, observer });
      this.#identity = identity;
    }
    const sealer = new Sealer(shared.keys);
    this.#records = new Records({ remote: this.#remote, sealer, clock, observer, prefix, lockExpiry });
  }

  close(): void {
    this.#leave();
    this.tokens.close();
  }

  #leave(): void {
    this.#remote?.close();
    this.#remote = undefined;
    this.#records = undefined;
  }

  #addressOf({ at, database, username, password, tls, timeout }: SharedCacheConfiguration): RemoteAddress {
    const { readFile } = this.#options;
    const read = (path: string | undefined) => (path === undefined ? undefined : readFile(path));
    return {
      ...{ at, database, username, password: password?.reveal() },
      tls: tls && { ca: read(tls.caFile), certificate: read(tls.certificateFile), key: read(tls.keyFile) },
      // It costs no request anything.
      connectTimeout: Math.max(1000, timeout),
    };
  }
}

function identityOf(address: RemoteAddress, ...rest: readonly number[]): string {
  return createHash('sha256')
    .update(JSON.stringify([address, rest]))
    .digest('hex');
}
