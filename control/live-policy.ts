import { createHash } from 'node:crypto';
import { MemorySingleFlight } from './cache/memory-single-flight.ts';
import { MemoryStore } from './cache/memory-store.ts';
import type { SharedCacheObserver } from './cache/shared/observer.ts';
import { SharedCache } from './cache/shared/shared-cache.ts';
import type { CacheConfiguration, Configuration, IssuerConfiguration } from './config/configuration.ts';
import type { PolicyDocumentSource } from './config/policy-source.ts';
import type { ProviderConfiguration } from './config/provider.ts';
import { AMBIGUOUS_ROUTE } from './decide/ambiguous-route.ts';
import { createAuthenticateCaller } from './decide/authenticate-caller.ts';
import { createDecide } from './decide/decide.ts';
import { createIdentifyAccount } from './decide/identify-account.ts';
import { createObtainToken, type Refusal } from './decide/obtain-token.ts';
import type { Clock, ServiceAccounts } from './decide/ports.ts';
import { createReviewCaller, type HeldReview, type ReviewCaller } from './decide/review-caller.ts';
import type { TokenEvents } from './decide/token-events.ts';
import type { Tracing } from './decide/tracing.ts';
import type { MinterPool } from './mint/minter.ts';
import { type BuiltPolicy, PolicyBuilder } from './policy/build-policy.ts';
import { issuerDigest } from './policy/digests.ts';
import { encode } from './policy/encode.ts';
import { deriveKeys, type Keys, randomRoot } from './policy/keys.ts';
import { AMBIGUOUS_PATH, createMatcher } from './policy/matcher.ts';
import { providerDigest } from './policy/providers.ts';
import type { Policy } from './server/service.ts';
import type { AuthenticatorPool } from './trust/authenticator.ts';

/** Refusals are small; this many of them bound what a flood of wrong secrets can occupy. */
const MAXIMUM_REFUSALS = 10_000;

/** Tokens that clusters are being asked about at once. */
const MAXIMUM_REVIEWS = 1000;

type ReadFile = (path: string) => Buffer;

export interface LivePolicyOptions {
  /** Sizes of the stores, which stay what they are at start. */
  readonly cache: CacheConfiguration;
  readonly clock: Clock;
  /** Reads the files that issuers and providers name. */
  readonly readFile: ReadFile;
  /** The compiled matcher. */
  readonly matcher: Uint8Array<ArrayBuffer>;
  readonly createMinterPool: (identify: (issuer: IssuerConfiguration) => string) => MinterPool;
  readonly createAuthenticatorPool: (identify: (provider: ProviderConfiguration) => string) => AuthenticatorPool;
  readonly createServiceAccounts: (clusters: Configuration['clusters']) => ServiceAccounts;
  readonly sharedCacheObserver: SharedCacheObserver;
  readonly events: TokenEvents;
  readonly tracing: Tracing;
}

/**
 * The policy in force, and what outlives it: tokens that are held, requests to issuers under way, connections, key sets.
 * A change takes effect as a whole or not at all, and decisions under way end by what they began with.
 */
export class LivePolicy {
  readonly #options: LivePolicyOptions;
  readonly #builder = new PolicyBuilder();
  readonly #root = randomRoot();
  readonly minters: MinterPool;
  readonly authenticators: AuthenticatorPool;
  readonly cache: SharedCache;
  readonly reviews: MemoryStore<HeldReview>;
  /** Of Kubernetes: nothing of them is shared. */
  readonly reviewRefusals: MemoryStore<Refusal>;
  readonly #reviewCaller: ReviewCaller;
  #keys: Keys;
  #current: Policy | undefined;

  constructor(options: LivePolicyOptions) {
    const { cache, clock, readFile, sharedCacheObserver: observer } = options;
    this.#options = options;
    this.#keys = deriveKeys(cache.key, this.#root);
    this.minters = options.createMinterPool((issuer) => identityOf(issuer, this.#keys, readFile));
    this.authenticators = options.createAuthenticatorPool((provider) => providerDigest(provider, readFile));
    const maximumRefusals = cache.maximumEntries === 0 ? 0 : MAXIMUM_REFUSALS;
    this.cache = new SharedCache({ cache, maximumRefusals, clock, observer, readFile });
    this.reviews = new MemoryStore<HeldReview>({ ...cache, clock });
    this.reviewRefusals = new MemoryStore<Refusal>({ ...cache, maximumEntries: maximumRefusals, clock });
    this.#reviewCaller = createReviewCaller({
      reviews: this.reviews,
      refusals: this.reviewRefusals,
      flights: new MemorySingleFlight({ maximumRuns: MAXIMUM_REVIEWS }),
      renewals: new MemorySingleFlight({ maximumRuns: MAXIMUM_REVIEWS }),
      clock,
    });
  }

  /** Undefined until the first {@link apply}. */
  get current(): Policy | undefined {
    return this.#current;
  }

  /**
   * Puts a configuration and the documents beside it in force.
   *
   * @throws ConfigurationError, or Error naming a file that cannot be used; then everything stays as it was
   */
  apply(configuration: Configuration, documents: readonly PolicyDocumentSource[]): BuiltPolicy {
    const { clock, matcher, readFile } = this.#options;
    this.#keys = deriveKeys(configuration.cache.key, this.#root);
    const built = this.#builder.build(configuration, documents, { keys: this.#keys, readFile }, clock.now());
    const { table } = built;
    const encodedTable = encode(table, this.#keys.filter);
    const match = createMatcher(matcher, encodedTable);
    const decide = this.#createDecide(configuration);
    this.cache.use(configuration.cache.shared);
    this.#current = {
      table,
      encodedTable,
      routesByReference: new Map(table.routes.map((route) => [`${route.id}@${route.digest}`, route])),
      findRoute: (host, path, method) => {
        const index = match(host, path, method);
        return index === AMBIGUOUS_PATH ? AMBIGUOUS_ROUTE : table.routes[index];
      },
      decide,
    };
    return built;
  }

  #createDecide({ cache, issuers, providers, clusters, policy }: Configuration): Policy['decide'] {
    const { clock, events, tracing } = this.#options;
    const minter = this.minters.use(issuers);
    const authenticator = this.authenticators.use(providers);
    const accounts = this.#options.createServiceAccounts(clusters);
    return createDecide({
      authenticateCaller: createAuthenticateCaller(authenticator, clock),
      identifyAccount: createIdentifyAccount({
        accounts,
        reviewCaller: this.#reviewCaller,
        authenticator,
        clock,
        storeKey: this.#keys.store,
      }),
      obtainToken: createObtainToken({
        minter: {
          mint: (request) => (request.grant === 'kubernetes' ? accounts.mint(request) : minter.mint(request)),
        },
        tokens: this.cache.tokens,
        refusals: this.cache.tokens.refusals,
        flights: this.cache.flights,
        clock,
        safetyMargin: cache.safetyMargin,
        events,
        tracing,
      }),
      clock,
      storeKey: this.#keys.store,
      format: policy.refusals,
      cacheable: this.#options.cache.maximumEntries > 0 && cache.maximumEntries > 0,
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.minters.close(), this.authenticators.close()]);
    this.cache.close();
    this.reviews.close();
    this.reviewRefusals.close();
  }
}

/** All that token requests to an issuer and their answers depend on, and what it may be asked for. */
function identityOf(issuer: IssuerConfiguration, keys: Keys, readFile: ReadFile): string {
  const { timeout, timeouts, budget, showErrors } = issuer;
  const rest = JSON.stringify([timeout, timeouts ?? null, budget, showErrors]);
  return createHash('sha256')
    .update(`${issuerDigest(issuer, keys, readFile)} ${rest}`)
    .digest('hex');
}
