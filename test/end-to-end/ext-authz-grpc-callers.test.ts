import { describe, expect, test } from 'vitest';
import { createSigningKey, keySetOf, signToken } from '../../tools/tokens/signing-key.ts';
import { jwtAuthnFilter } from '../support/jwt-authn.ts';
import { credentialsOf } from '../support/policy-file.ts';
import { useDeployment } from '../support/use-deployment.ts';

const key = createSigningKey('ES256');
const tokenFor = (claims: object = {}) =>
  signToken(key, { iss: 'tests', aud: 'api', sub: 'alice', exp: Math.floor(Date.now() / 1000) + 60, ...claims });

describe("ext_authz over gRPC, behind Envoy's jwt_authn", () => {
  const deployment = useDeployment({
    shipped: 'ext-authz-grpc',
    configure: (configuration) => configuration.httpFilters().unshift(jwtAuthnFilter(key)),
    policy: ({ clients }) => ({
      unmatched: 'deny',
      entries: [
        {
          id: 'orders',
          ...credentialsOf(clients.first),
          authenticate: { envoyClaims: [{ claim: 'jwt.tenant', oneOf: ['acme'] }] },
        },
      ],
    }),
  });
  const send = (claims: object) => deployment().send({ headers: { authorization: `Bearer ${tokenFor(claims)}` } });

  test('verified claims decide', async () => {
    const { backend, identityProvider } = deployment();
    expect((await send({ tenant: 'acme' })).status).toBe(200);
    expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
  });

  test.each([
    ['another tenant', { tenant: 'other' }, 403],
    ['no tenant', {}, 401],
    ['a tenant that is a number', { tenant: 1 }, 403],
    ['a tenant that is a list', { tenant: ['acme'] }, 403],
  ])('%s is refused', async (_what, claims, status) => {
    const received = deployment().backend.requests.length;
    expect((await send(claims)).status).toBe(status);
    expect(deployment().backend.requests.length).toBe(received);
  });

  test("a client's own word is no claim", async () => {
    const headers = { 'x-broker-claim': 'jwt.tenant=acme', 'jwt.tenant': 'acme' };
    expect((await deployment().send({ headers })).status).toBe(401);
  });
});

describe("a caller's token, over gRPC", () => {
  const deployment = useDeployment({
    shipped: 'ext-authz-grpc',
    configure: (configuration) => {
      // Which later filters and access logs can do as well.
      configuration.httpConnectionManager().route_config.request_headers_to_add = [
        { header: { key: 'x-seen', value: '%DYNAMIC_METADATA(envoy.filters.http.ext_authz:subject)%' } },
      ];
    },
    policy: {
      unmatched: 'deny',
      providers: { tests: { issuer: 'tests', audiences: ['api'], jwks: { inline: JSON.parse(keySetOf(key)) } } },
      entries: [
        {
          id: 'pass',
          action: 'pass',
          authenticate: {
            providers: ['tests'],
            from: [{ cookie: 'session' }],
            claimToHeaders: [{ claim: 'sub', header: 'x-user' }],
            claimToFilterState: [{ claim: 'sub', name: 'subject' }],
          },
        },
      ],
    },
  });

  test('leaves its claims in headers and dynamic metadata, and is gone from the cookies', async () => {
    const { backend, secrets } = deployment();
    const token = tokenFor();
    secrets.plant('the token', token);
    const headers = { cookie: `a=b; session=${token}; c=d`, 'x-user': 'root' };
    expect((await deployment().send({ headers })).status).toBe(200);
    expect(backend.last().headers).toMatchObject({ cookie: 'a=b; c=d', 'x-user': 'alice', 'x-seen': 'alice' });
  });

  test('is refused where it is wrong, and where there is none', async () => {
    for (const headers of [{}, { cookie: 'session=a.b.c' }]) {
      const answer = await deployment().send({ headers });
      expect(answer).toMatchObject({ status: 401, body: 'unauthorized\n' });
      expect(answer.headers['www-authenticate']).toContain('Bearer');
    }
  });
});
