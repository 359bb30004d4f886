import type { ProviderConfiguration, RemoteKeys } from '../../../control/config/provider.ts';
import type { Authentication, Authenticator } from '../../../control/decide/ports.ts';
import { Secret } from '../../../control/secret.ts';
import {
  type AuthenticatorOptions,
  type AuthenticatorPool,
  createAuthenticatorPool,
} from '../../../control/trust/authenticator.ts';
import { keySetOf, type SigningKey } from '../../../tools/tokens/signing-key.ts';
import { ManualClock } from '../../support/manual-clock.ts';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'orders';
const clock = new ManualClock();

/** Seconds since the epoch, on the tests' clock. */
export function seconds(offset = 0): number {
  return Math.floor(clock.now() / 1000) + offset;
}

/** Claims that every provider here accepts; undefined removes one. */
export function claimsOf(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { iss: ISSUER, aud: AUDIENCE, sub: 'alice', exp: seconds(300), iat: seconds(), ...changes };
}

/** A provider with its keys inline, as strict as the defaults are. */
export function providerOf(
  keys: readonly SigningKey[] | string,
  changes: Partial<ProviderConfiguration> = {},
): ProviderConfiguration {
  return {
    name: 'provider',
    issuers: [ISSUER],
    audiences: [AUDIENCE],
    algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
    keys: { remote: undefined, local: typeof keys === 'string' ? keys : keySetOf(...keys) },
    clockSkew: 60_000,
    checkIssuedAt: true,
    type: undefined,
    requiredClaims: [],
    maximumBytes: 16_384,
    ...changes,
  };
}

/** Keys that are fetched. */
export function remoteAt(url: URL | string, changes: Partial<RemoteKeys> = {}): RemoteKeys {
  return {
    location: { kind: 'url', url: new URL(url) },
    allowInsecure: true,
    caFile: undefined,
    timeout: 2000,
    prefetch: false,
    freshness: { minimum: 60_000, maximum: 3_600_000, default: 600_000 },
    cooldown: 30_000,
    hardLimit: 86_400_000,
    ...changes,
  };
}

/** An authenticator for some providers, and the pool that it comes from. */
export type ClosableAuthenticator = Authenticator & Omit<AuthenticatorPool, 'use'>;

export function authenticatorFor(
  providers: readonly ProviderConfiguration[],
  options: Partial<AuthenticatorOptions> = {},
): ClosableAuthenticator {
  const pool = createAuthenticatorPool({ clock, random: () => 0, ...options }, ({ name }) => name);
  return { ...pool, ...pool.use(new Map(providers.map((provider) => [provider.name, provider]))) };
}

/** What one provider says of a token: `accepted`, or the code of the refusal. */
export async function judge(provider: ProviderConfiguration, token: string): Promise<string> {
  return outcomeOf(await authenticate([provider], token));
}

/** What several providers say, asked in this order. */
export async function authenticate(
  providers: readonly ProviderConfiguration[],
  token: string,
): Promise<Authentication> {
  const authenticator = authenticatorFor(providers);
  try {
    return await authenticator.authenticate(
      providers.map(({ name }) => name),
      new Secret(token),
    );
  } finally {
    await authenticator.close();
  }
}

export function outcomeOf(authentication: Authentication): string {
  return authentication.kind === 'verified' ? 'accepted' : authentication.error.code;
}
