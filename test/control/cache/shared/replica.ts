import type { SharedCacheObserver } from '../../../../control/cache/shared/observer.ts';
import { SharedCache } from '../../../../control/cache/shared/shared-cache.ts';
import type { SharedCacheConfiguration } from '../../../../control/config/shared-cache.ts';
import { createObtainToken, type HeldInFront } from '../../../../control/decide/obtain-token.ts';
import type { Clock, Token, TokenRequest } from '../../../../control/decide/ports.ts';
import { BrokerError, type ErrorCode } from '../../../../control/errors.ts';
import { Secret } from '../../../../control/secret.ts';
import { tokenOf } from '../../boot.ts';
import type { FakeServer } from './fake-server.ts';

/** A key of the kind that `openssl rand -base64 32` makes. */
export const KEY = new Secret('0123456789abcdef0123456789abcdef0123456789+=');

const REQUEST: TokenRequest = {
  issuer: 'dex',
  grant: 'client_credentials',
  clientId: 'app',
  clientSecret: new Secret('app-secret'),
  scope: undefined,
};

/** An issuer that all replicas ask; each request waits until the test answers it, unless told otherwise. */
export class FakeIssuer {
  readonly underWay: { grant(lifetime?: number): void; refuse(code: ErrorCode): void }[] = [];
  asked = 0;
  /** Answers at once. */
  immediate = false;

  mint(clock: Clock): Promise<Token> {
    this.asked += 1;
    const [number, obtainedAt] = [this.asked, clock.now()];
    return new Promise<Token>((resolve, reject) => {
      const grant = (lifetime = 100) =>
        resolve(tokenOf({ access_token: `planted-token-${number}`, expires_in: lifetime }, obtainedAt));
      this.underWay.push({ grant, refuse: (code) => reject(new BrokerError(code)) });
      if (this.immediate) grant();
    });
  }

  /** The newest request. */
  get last() {
    const last = this.underWay.at(-1);
    if (last === undefined) throw new Error('the issuer was not asked');
    return last;
  }
}

/** One control as far as tokens go. */
export class Replica {
  /** What was told of the shared cache, in order. */
  readonly events: string[] = [];
  readonly cache: SharedCache;
  readonly #obtain: ReturnType<typeof createObtainToken>;

  constructor(server: FakeServer, issuer: FakeIssuer, clock: Clock, changes: Partial<SharedCacheConfiguration> = {}) {
    const observer: SharedCacheObserver = {
      operated: (operation, outcome) => this.events.push(`${operation} ${outcome}`),
      found: (finding) => this.events.push(`found ${finding}`),
      waited: (outcome) => this.events.push(`waited ${outcome}`),
      bypassChanged: (cause) => this.events.push(cause === undefined ? 'back' : `bypassed: ${cause}`),
    };
    this.cache = new SharedCache({
      cache: { maximumEntries: 100, cleanupInterval: 0 },
      ...{ maximumRefusals: 100, clock, observer },
      readFile: () => Buffer.alloc(0),
      connect: () => server.connect(),
    });
    this.use(changes);
    this.#obtain = createObtainToken({
      minter: { mint: () => issuer.mint(clock) },
      tokens: this.cache.tokens,
      refusals: this.cache.tokens.refusals,
      flights: this.cache.flights,
      clock,
      safetyMargin: 10_000,
      events: { lookedUp: () => {}, refreshed: () => {} },
    });
  }

  use(changes: Partial<SharedCacheConfiguration>): void {
    const configuration = { at: { host: 'valkey.test', port: 6379 }, database: 0, keyPrefix: 'broker:', keys: [KEY] };
    const times = { timeout: 50, bypass: 5000, lockExpiry: 1000 };
    this.cache.use({
      ...configuration,
      ...times,
      username: undefined,
      password: undefined,
      tls: undefined,
      ...changes,
    });
  }

  /** The token, or the code of the refusal. */
  async ask(inFront: HeldInFront = {}, key = 'a'.repeat(64)): Promise<string> {
    const obtained = await this.#obtain(key, REQUEST, inFront);
    return obtained.kind === 'token' ? obtained.held.token.accessToken.reveal() : (obtained.error as BrokerError).code;
  }
}

/** The digest by which a cache in front of control names a token. */
export const digestOf = (token: string): string => new Secret(token).digest();
