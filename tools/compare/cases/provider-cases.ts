import { createSigningKey, keySetOf, type SigningKey, signToken } from '../../tokens/signing-key.ts';
import { bearer, type Case, type Scenario, type Surroundings, seconds } from '../case.ts';

const [a, b, c] = [createSigningKey('RS256'), createSigningKey('ES256'), createSigningKey('ES384')] as const;
const sameKid = createSigningKey('RS256');

const request = (name: string, key: SigningKey, claims: object): Case => ({
  name,
  headers: bearer(signToken(key, { exp: seconds(600), ...claims })),
});

/** Several providers, with issuers and audiences of their own. */
export function providerScenario({ publish }: Surroundings): Scenario {
  const urls = { a: publish('a', keySetOf(a)), b: publish('b', keySetOf(b)), c: publish('c', keySetOf(c)) };
  const providers = [
    { url: ` ${urls.a} `, issuer: 'a', audience: 'orders' },
    { url: urls.b, issuer: ['b', 'bb', ' '], audience: [] },
    { url: urls.a, issuer: 'later' },
  ];
  const environment = {
    JWKS_PROVIDERS: JSON.stringify(providers),
    JWKS_URL: urls.b,
    JWKS_URLS: `${urls.c}, ${urls.a},`,
    JWT_ISSUER: 'c',
    JWT_AUDIENCE: 'shared',
  };
  const cases = [
    request("the first provider's token", a, { iss: 'a', aud: 'orders' }),
    request("the first provider's token for another audience", a, { iss: 'a', aud: 'shared' }),
    request('an issuer that a repeated URL names', a, { iss: 'later' }),
    request('the shared issuer with the key of a provider of its own', a, { iss: 'c', aud: 'shared' }),
    request("the second provider's token", b, { iss: 'b' }),
    request("the second provider's other issuer", b, { iss: 'bb', aud: 'anything' }),
    request("the first provider's issuer with the second's key", b, { iss: 'a', aud: 'orders' }),
    request('the shared issuer with a key that stands in JWKS_PROVIDERS too', b, { iss: 'c', aud: 'shared' }),
    request('a token of JWKS_URLS', c, { iss: 'c', aud: 'shared' }),
    request('a token of JWKS_URLS for another audience', c, { iss: 'c', aud: 'orders' }),
    request('a token of JWKS_URLS by another issuer', c, { iss: 'a', aud: 'orders' }),
    request('a key of nobody with a kid of somebody', sameKid, { iss: 'a', aud: 'orders' }),
  ];
  return { name: 'several providers', environment, cases };
}

/** The secret comes with the request. */
export function secretScenario({ publish }: Surroundings): Scenario {
  const token = bearer(signToken(a, { exp: seconds(600) }));
  const cases: readonly Case[] = [
    { name: 'a token and a secret', headers: { ...token, 'x-client-secret': 'secret' } },
    { name: 'a token without a secret', headers: token },
    { name: 'a secret without a token', headers: { 'x-client-secret': 'secret' } },
    { name: 'a secret that is too long', headers: { ...token, 'x-client-secret': 's'.repeat(4097) } },
    {
      name: 'a bad token and a secret that is too long',
      headers: { authorization: 'x', 'x-client-secret': 's'.repeat(4097) },
      // The filter looks at sizes before it asks.
      differs: { peer: 401, ours: 401, filter: 400 },
    },
    {
      name: 'a client id of its own, which nobody reads',
      headers: { ...token, 'x-client-id': 'me', 'x-client-secret': 's' },
    },
  ];
  const environment = { JWKS_URL: publish('secret', keySetOf(a)), STATIC_CLIENT_SECRET: '' };
  return { name: 'a secret with the request', environment, cases };
}

/** Key sets that cannot be had. */
export function outageScenarios({ publish, closedPort, url }: Surroundings): readonly Scenario[] {
  const token = bearer(signToken(a, { exp: seconds(600) }));
  const unavailable = { peer: 401, ours: 503 };
  const scenario = (name: string, JWKS_URL: string, more: readonly Case[] = []): Scenario => ({
    name,
    environment: { JWKS_URL },
    cases: [{ name: 'a good token', headers: token, differs: unavailable }, ...more],
  });
  const undisputed: readonly Case[] = [
    { name: 'no token', headers: {} },
    { name: 'a token that is none', headers: bearer('token') },
    { name: 'an algorithm that is never accepted', headers: bearer(signToken(a, {}, { alg: 'none' })) },
  ];
  return [
    scenario('no server for the keys', `http://127.0.0.1:${closedPort}/keys`, undisputed),
    scenario('no such key set', `${url}/absent`),
    scenario('a key set that is a page', publish('page', '<html>')),
    scenario('a key set without keys', publish('empty', '{"keys":[]}')),
    scenario('a key set that is too large', publish('large', keySetOf(a).padEnd(512 * 1024 + 1))),
    scenario(
      'a key set whose keys are too small',
      publish('small', keySetOf(createSigningKey('RS256', { bits: 1024 }))),
    ),
  ];
}
