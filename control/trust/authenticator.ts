import type { ProviderConfiguration } from '../config/provider.ts';
import type { Authentication, Authenticator, Clock, VerifiedToken } from '../decide/ports.ts';
import { BrokerError } from '../errors.ts';
import { Pool } from '../pool.ts';
import { createKeySet, type KeySetObserver } from './keys/create-key-set.ts';
import { RemoteKeySet } from './keys/remote-key-set.ts';
import type { Fetch } from './keys/transport.ts';
import { type ParsedToken, parseToken } from './parse-token.ts';
import { Provider } from './provider.ts';
import { TokenRefused } from './refusal.ts';

/** ms between looks at whether a key set is due to be fetched again. */
const TICK = 1000;

/** ms for which a refusal may be remembered: at the longest, and so that a flood of one token costs one check a second. */
const REMEMBER = { longest: 10_000, shortest: 1000 };

/** What trust tells about itself, for metrics and logs; nothing in it is secret. */
export interface TrustObserver extends KeySetObserver {
  /** A token was accepted by a provider or refused; `provider` is '' where none could be told. */
  judged?(provider: string, outcome: 'accepted' | BrokerError['code']): void;
}

export interface AuthenticatorOptions {
  readonly clock: Clock;
  readonly observer?: TrustObserver;
  /** Replaces the connections to all providers, in tests. */
  readonly fetch?: Fetch;
  /** From 0 up to 1; `Math.random` by default. */
  readonly random?: () => number;
}

/** Makes authenticators, one for each configuration that comes into force, and holds the key sets that outlive them. */
export interface AuthenticatorPool {
  /**
   * An authenticator for these providers. Those that have not changed keep their key sets; those that ask for it have
   * theirs fetched within a second.
   *
   * @throws Error naming the provider whose key set or file of authorities cannot be used; then all stays as it was
   */
  use(providers: ReadonlyMap<string, ProviderConfiguration>): Authenticator;
  /** ms since each fetched key set in use was fetched, by provider. */
  ages(): ReadonlyMap<string, number>;
  /** Fetches key sets that are due; it happens of itself once a second. */
  refreshIfDue(): void;
  close(): Promise<void>;
}

/** @param identify tells providers apart that differ in anything, what their files hold included */
export function createAuthenticatorPool(
  options: AuthenticatorOptions,
  identify: (provider: ProviderConfiguration) => string,
): AuthenticatorPool {
  const pool = new Pool<ProviderConfiguration, Provider>({
    prepare: (configuration) => prepare(configuration, options),
    close: ({ keySet }) => keySet.close(),
    identify,
  });
  let remote: readonly (readonly [string, RemoteKeySet])[] = [];
  const refreshIfDue = () => {
    for (const [, keySet] of remote) keySet.refreshIfDue();
  };
  // Not at once: whoever only checks a configuration must not cause requests.
  const timer = setInterval(refreshIfDue, TICK).unref();
  return {
    use: (providers) => {
      const known = pool.use(providers.values());
      remote = [...known].flatMap(([name, { keySet }]) => (keySet instanceof RemoteKeySet ? [[name, keySet]] : []));
      return createAuthenticator(known, options);
    },
    ages: () => new Map(remote.flatMap(([name, { age }]) => (age === undefined ? [] : [[name, age]]))),
    refreshIfDue,
    close: async () => {
      clearInterval(timer);
      await pool.close();
    },
  };
}

function createAuthenticator(known: ReadonlyMap<string, Provider>, { observer }: AuthenticatorOptions): Authenticator {
  return {
    authenticate: async (names, token) => {
      const authentication = await authenticate(names, token.reveal(), known);
      const accepted = authentication.kind === 'verified';
      observer?.judged?.(
        accepted ? authentication.token.provider : authentication.provider,
        accepted ? 'accepted' : authentication.error.code,
      );
      return authentication;
    },
  };
}

type Verdict =
  | Extract<Authentication, { kind: 'verified' }>
  | (Extract<Authentication, { kind: 'refused' }> & { readonly provider: string });

async function authenticate(
  names: readonly string[],
  text: string,
  known: ReadonlyMap<string, Provider>,
): Promise<Verdict> {
  const refusals: { readonly provider: string; readonly refused: TokenRefused }[] = [];
  try {
    const token = parseToken(text);
    for (const name of names) {
      const verdict = await judge(known.get(name), token);
      if (!(verdict instanceof TokenRefused)) return { kind: 'verified', token: verdict };
      refusals.push({ provider: name, refused: verdict });
    }
  } catch (error) {
    if (!(error instanceof TokenRefused)) return internal(error);
    refusals.push({ provider: names.length === 1 ? (names[0] ?? '') : '', refused: error });
  }
  const { provider, refused } = mostTelling(refusals);
  return { kind: 'refused', provider, error: refused.toBrokerError(provider), rememberAtMost: rememberFor(refused) };
}

async function judge(provider: Provider | undefined, token: ParsedToken): Promise<VerifiedToken | TokenRefused> {
  if (provider === undefined) throw new Error('a route names a provider that does not exist');
  try {
    return await provider.judge(token);
  } catch (error) {
    if (error instanceof TokenRefused) return error;
    throw error;
  }
}

/** Refusals that say the least: another provider's token is no news. */
const LEAST_TELLING = ['jwt_wrong_issuer', 'jwt_unknown_kid', 'jwt_bad_signature'];

/**
 * What to say when nobody accepts a token: that a provider whose keys are missing might have, or else the refusal of the
 * provider that came furthest.
 */
function mostTelling<Refusal extends { readonly refused: TokenRefused }>(refusals: readonly Refusal[]): Refusal {
  const [first, ...others] = refusals;
  if (first === undefined) throw new Error('no provider was named');
  return others.reduce((best, refusal) => (rankOf(refusal.refused) > rankOf(best.refused) ? refusal : best), first);
}

function rankOf({ code }: TokenRefused): number {
  if (code === 'jwt_keys_unavailable') return LEAST_TELLING.length + 1;
  const at = LEAST_TELLING.indexOf(code);
  return at < 0 ? LEAST_TELLING.length : at;
}

function rememberFor({ trueFor = REMEMBER.longest }: TokenRefused): number {
  return Math.min(REMEMBER.longest, Math.max(REMEMBER.shortest, trueFor));
}

function internal(error: unknown): Verdict {
  return { kind: 'refused', provider: '', error: new BrokerError('internal', { cause: error }), rememberAtMost: 0 };
}

function prepare(configuration: ProviderConfiguration, options: AuthenticatorOptions): Provider {
  try {
    return new Provider(configuration, createKeySet(configuration, options), options.clock);
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'it cannot be used';
    throw new Error(`providers.${configuration.name}.jwks: ${problem}; give a JWK Set of public keys (RFC 7517)`);
  }
}
