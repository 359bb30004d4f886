import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentialsOf } from '../support/policy-file.ts';
import { useDeployment } from '../support/use-deployment.ts';

describe("a request with a caller's JWT, in the environment mode", () => {
  const deployment = useDeployment({
    control: ({ clients, issuer, jwksUri, audienceOf }) => ({
      STATIC_CLIENT_ID: clients.first.id,
      STATIC_CLIENT_SECRET: clients.first.secret,
      JWKS_URL: jwksUri,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audienceOf(clients.second),
    }),
  });

  /** A token that the second client got for itself. */
  async function callerToken(): Promise<string> {
    const { identityProvider, secrets } = deployment();
    const token = await identityProvider.grant(identityProvider.clients.second);
    secrets.plant("the caller's token", token);
    return token;
  }

  test("leaves with the operator's token and without its own", async () => {
    const { backend, identityProvider } = deployment();
    const token = await callerToken();
    const answer = await deployment().send({ headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
    const granted = identityProvider.tokens().at(-1);
    expect(backend.last().headers.authorization).toBe(`Bearer ${granted}`);
    expect(granted).not.toBe(token);
    expect(JSON.stringify(backend.last())).not.toContain(token);
  });

  test('costs no callout the second time, whichever worker it meets', async () => {
    const headers = { authorization: `Bearer ${await callerToken()}` };
    expect((await deployment().send({ headers })).status).toBe(200);
    const before = await deployment().decisions();
    for (let i = 0; i < 20; i++) expect((await deployment().send({ headers })).status).toBe(200);
    expect(await deployment().decisions()).toBe(before);
  });

  test("two callers share the operator's token and no decision", async () => {
    const { identityProvider } = deployment();
    const one = await callerToken();
    await deployment().send({ headers: { authorization: `Bearer ${one}` } });
    const requests = identityProvider.requests();
    const before = await deployment().decisions();
    // Two tokens of one second may be the same.
    const other = await eventually(async () => {
      const token = await callerToken();
      expect(token).not.toBe(one);
      return token;
    });
    expect((await deployment().send({ headers: { authorization: `Bearer ${other}` } })).status).toBe(200);
    expect(await deployment().decisions()).toBe(before + 1);
    expect(identityProvider.requests()).toBe(requests);
  });

  test.each<readonly [string, (token: string) => Record<string, string | string[]>, boolean]>([
    ['without a token', () => ({}), false],
    ['with a token that is none', () => ({ authorization: 'Bearer token' }), true],
    ['with a changed token', (token) => ({ authorization: `Bearer ${token.slice(0, -6)}AAAAAA` }), true],
    ['with a token in another header', (token) => ({ 'x-token': token }), false],
  ])('is refused %s, and the backend never sees it', async (_how, headers, invalid) => {
    const { backend } = deployment();
    const received = backend.requests.length;
    const answer = await deployment().send({ headers: headers(await callerToken()) });
    expect([answer.status, answer.body]).toEqual([401, 'unauthorized\n']);
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer realm="token-broker"${invalid ? ', error="invalid_token"' : ''}`,
    );
    expect(backend.requests.length).toBe(received);
  });

  test("is refused with the first client's token, which is meant for others or was stolen", async () => {
    const { identityProvider } = deployment();
    const { first, second } = identityProvider.clients;
    const token = await identityProvider.grant(first);
    const expected = identityProvider.audienceOf(first) === identityProvider.audienceOf(second) ? 200 : 401;
    expect((await deployment().send({ headers: { authorization: `Bearer ${token}` } })).status).toBe(expected);
  });

  test('a token that came twice is refused', async () => {
    const token = await callerToken();
    const authorization = [`Bearer ${token}`, `Bearer ${token}`];
    expect((await deployment().send({ headers: { authorization } })).status).toBe(401);
  });

  test('a token that is longer than 16 KiB is refused by the filter itself', async () => {
    const before = await deployment().decisions();
    const headers = { authorization: `Bearer ${'x'.repeat(16_400)}` };
    expect((await deployment().send({ headers })).status).toBe(401);
    expect(await deployment().decisions()).toBe(before);
  });

  test('a change of the policy ends every decision that was remembered', async () => {
    const headers = { authorization: `Bearer ${await callerToken()}` };
    expect((await deployment().send({ headers })).status).toBe(200);
    await deployment().stopControl();
    await deployment().startControl({ JWT_AUDIENCE: 'somebody-else' });
    await eventually(async () => expect((await deployment().send({ headers })).status).toBe(401));
  });
});

describe("a request with a caller's JWT, whose provider is found by discovery", () => {
  const deployment = useDeployment({
    policy: ({ clients, issuer, audienceOf }) => ({
      unmatched: 'deny',
      providers: {
        callers: {
          audiences: [audienceOf(clients.second)],
          jwks: { discovery: issuer, allowInsecure: true, prefetch: true },
        },
      },
      entries: [
        {
          id: 'orders',
          ...credentialsOf(clients.first),
          authenticate: { providers: ['callers'] },
        },
      ],
    }),
  });

  test("leaves with the operator's token", async () => {
    const { backend, identityProvider, secrets } = deployment();
    const token = await identityProvider.grant(identityProvider.clients.second);
    secrets.plant("the caller's token", token);
    expect((await deployment().send({ headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
  });
});
