import { describe, expect, test } from 'vitest';
import { createSigningKey, keySetOf, signToken } from '../../tools/tokens/signing-key.ts';
import { credentialsOf } from '../support/policy-file.ts';
import { useDeployment } from '../support/use-deployment.ts';

const key = createSigningKey('ES256');
const tokenFor = (claims: object = {}) =>
  signToken(key, { iss: 'tests', aud: 'api', sub: 'alice', exp: Math.floor(Date.now() / 1000) + 60, ...claims });

describe("callers' JWTs without the filter, through Envoy's ext_authz", () => {
  const deployment = useDeployment({
    shipped: 'ext-authz',
    configure: (configuration) => {
      const [filter] = configuration.httpFilters();
      const { allowed_headers: sent, http_service: service } = filter.typed_config;
      const { allowed_upstream_headers: received } = service.authorization_response;
      sent.patterns.push({ exact: 'cookie' });
      received.patterns.push({ exact: 'cookie' }, { exact: 'x-user' });
    },
    policy: ({ clients }) => ({
      unmatched: 'deny',
      providers: { tests: { issuer: 'tests', audiences: ['api'], jwks: { inline: JSON.parse(keySetOf(key)) } } },
      entries: [
        {
          id: 'api',
          ...credentialsOf(clients.first),
          authenticate: {
            providers: ['tests'],
            from: [{ header: 'authorization', prefix: 'Bearer ' }, { cookie: 'session' }],
            claimToHeaders: [{ claim: 'sub', header: 'x-user' }],
          },
        },
      ],
    }),
  });

  test("the backend gets the operator's token and the claim, and neither the caller's token nor its cookie", async () => {
    const { backend, identityProvider } = deployment();
    const bearer = await deployment().send({ headers: { authorization: `Bearer ${tokenFor()}`, 'x-user': 'root' } });
    expect(bearer.status).toBe(200);
    const authorization = `Bearer ${identityProvider.tokens().at(-1)}`;
    expect(backend.last().headers).toMatchObject({ authorization, 'x-user': 'alice' });

    const cookie = `theme=dark; session=${tokenFor()}`;
    expect((await deployment().send({ headers: { cookie } })).status).toBe(200);
    expect(backend.last().headers).toMatchObject({ authorization, cookie: 'theme=dark' });

    const alone = `session=${tokenFor()}`;
    expect((await deployment().send({ headers: { cookie: alone } })).status).toBe(200);
    expect(backend.last().headers.cookie).toBeUndefined();
  });

  test('a header that the client sent several times is replaced whole', async () => {
    const { backend } = deployment();
    const headers = { authorization: `Bearer ${tokenFor()}`, 'x-user': ['root', 'admin', 'root'] };
    expect((await deployment().send({ headers })).status).toBe(200);
    expect(backend.last().headers['x-user']).toBe('alice');
  });

  test('a claim that is absent is not what the client says', async () => {
    const { backend } = deployment();
    const headers = { authorization: `Bearer ${tokenFor({ sub: undefined })}`, 'x-user': 'root' };
    expect((await deployment().send({ headers })).status).toBe(200);
    expect(backend.last().headers['x-user']).toBeUndefined();
  });

  test.each([
    ['no token', {}, 'Bearer realm="token-broker"'],
    ['a bad one', { authorization: 'Bearer token' }, 'Bearer realm="token-broker", error="invalid_token"'],
  ])('%s is refused, and the backend does not see it', async (_what, headers, challenge) => {
    const received = deployment().backend.requests.length;
    const answer = await deployment().send({ headers });
    expect([answer.status, answer.body]).toEqual([401, 'unauthorized\n']);
    expect(answer.headers['www-authenticate']).toBe(challenge);
    expect(deployment().backend.requests.length).toBe(received);
  });
});
