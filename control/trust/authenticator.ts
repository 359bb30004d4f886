import type { ProviderConfiguration } from '../config/provider.ts';
import type { Authentication, Authenticator, Clock, VerifiedToken } from '../decide/ports.ts';
import { BrokerError } from '../errors.ts';
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

/** An {@link Authenticator} and what it holds. */
export interface ClosableAuthenticator extends Authenticator {
  /** ms since each fetched key set in use was fetched, by provider. */
  ages(): ReadonlyMap<string, number>;
  /** Fetches key sets that are due; it happens of itself once a second. */
  refreshIfDue(): void;
  close(): Promise<void>;
}

/**
 * Makes an authenticator for the configured providers. Those that ask for it have their key sets fetched
 * within a second.
 *
 * @throws Error naming the provider whose key set or file of authorities cannot be used
 */
export function createAuthenticator(
  providers: readonly ProviderConfiguration[],
  options: AuthenticatorOptions,
): ClosableAuthenticator {
  const known = new Map(providers.map((configuration) => [configuration.name, prepare(configuration, options)]));
  const remote = [...known].flatMap(([name, { keySet }]) =>
    keySet instanceof RemoteKeySet ? [[name, keySet] as const] : [],
  );
  const refreshIfDue = () => {
    for (const [, keySet] of remote) keySet.refreshIfDue();
  };
  // Not at once: whoever only checks a configuration must not cause requests.
  const timer = setInterval(refreshIfDue, TICK).unref();
  return {
    authenticate: async (names, token) => {
      const authentication = await authenticate(names, token.reveal(), known);
      const accepted = authentication.kind === 'verified';
      options.observer?.judged?.(
        accepted ? authentication.token.provider : authentication.provider,
        accepted ? 'accepted' : authentication.error.code,
      );
      return authentication;
    },
    ages: () => new Map(remote.flatMap(([name, { age }]) => (age === undefined ? [] : [[name, age]]))),
    refreshIfDue,
    close: async () => {
      clearInterval(timer);
      await Promise.all([...known.values()].map(({ keySet }) => keySet.close()));
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
