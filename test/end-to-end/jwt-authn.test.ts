import { describe, expect, test } from 'vitest';
import { createSigningKey, signToken } from '../../tools/tokens/signing-key.ts';
import { jwtAuthnFilter } from '../support/jwt-authn.ts';
import { credentialsOf } from '../support/policy-file.ts';
import { useDeployment } from '../support/use-deployment.ts';

const key = createSigningKey('ES256');
const tokenFor = (claims: object = {}) =>
  signToken(key, { iss: 'tests', aud: 'api', sub: 'alice', exp: Math.floor(Date.now() / 1000) + 60, ...claims });

describe("behind Envoy's jwt_authn", () => {
  const deployment = useDeployment({
    configure: (configuration) => configuration.httpFilters().unshift(jwtAuthnFilter(key)),
    policy: ({ clients }) => ({
      unmatched: 'deny',
      entries: [
        {
          id: 'orders',
          ...credentialsOf(clients.first),
          authenticate: {
            envoyClaims: [
              { claim: 'jwt.sub', present: true },
              { claim: 'jwt.tenant', oneOf: ['acme', 'globex'] },
            ],
          },
        },
      ],
    }),
  });
  const send = (claims: object) => deployment().send({ headers: { authorization: `Bearer ${tokenFor(claims)}` } });

  test('verified claims decide, without a second check of the token', async () => {
    const { backend, identityProvider } = deployment();
    expect((await send({ tenant: 'acme' })).status).toBe(200);
    expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    const before = await deployment().decisions();
    // Another token that says the same is the same to us.
    expect((await send({ tenant: 'acme', jti: 'another' })).status).toBe(200);
    expect(await deployment().decisions()).toBe(before);
  });

  test.each([
    ['another tenant', { tenant: 'other' }, 403],
    ['no tenant', {}, 401],
    ['a tenant that is a number', { tenant: 1 }, 403],
    ['a tenant that is an object', { tenant: { acme: true } }, 403],
  ])('%s is refused', async (_what, claims, status) => {
    const { backend } = deployment();
    const received = backend.requests.length;
    expect((await send(claims)).status).toBe(status);
    expect(backend.requests.length).toBe(received);
  });

  test("a client's own word is no claim", async () => {
    const headers = { 'x-broker-claim': 'jwt.sub=alice', 'x-broker-key-jwt.sub': 'alice', 'jwt.sub': 'alice' };
    expect((await deployment().send({ headers })).status).toBe(401);
  });

  test('a token that Envoy refuses never gets here', async () => {
    const before = await deployment().decisions();
    const answer = await deployment().send({ headers: { authorization: `Bearer ${tokenFor({ aud: 'other' })}` } });
    expect(answer.status).toBe(403);
    expect(await deployment().decisions()).toBe(before);
  });
});
