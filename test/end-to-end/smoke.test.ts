import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

describe('a request with client credentials', () => {
  const deployment = useDeployment();

  test('leaves with a token of that client, and without its credentials', async () => {
    const { backend, identityProvider } = deployment();
    const { first } = identityProvider.clients;
    const answer = await deployment().send({ path: '/orders?page=1', headers: credentials(first) });
    expect(answer.status).toBe(200);
    const { path, headers } = backend.last();
    expect(path).toBe('/orders?page=1');
    expect(headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    expect(decodeJwt(identityProvider.tokens().at(-1) ?? '').sub).toBeTypeOf('string');
    expect(headers['x-client-id']).toBeUndefined();
    expect(headers['x-client-secret']).toBeUndefined();
  });

  test('costs the issuer nothing the second time, whichever worker it meets', async () => {
    const { backend, identityProvider } = deployment();
    const headers = credentials(identityProvider.clients.first);
    await deployment().send({ headers });
    const before = identityProvider.requests();
    const received = backend.requests.length;
    for (let i = 0; i < 20; i++) expect((await deployment().send({ headers })).status).toBe(200);
    expect(identityProvider.requests()).toBe(before);
    const tokens = backend.requests.slice(received).map((request) => request.headers.authorization);
    expect(new Set(tokens).size).toBe(1);
  });

  test('gets another token for another scope', async () => {
    const { backend, identityProvider } = deployment();
    const { clients, scopes } = identityProvider;
    await deployment().send({ headers: credentials(clients.first, scopes.first) });
    const one = backend.last().headers.authorization;
    await deployment().send({ headers: credentials(clients.first, scopes.second) });
    expect(backend.last().headers.authorization).not.toBe(one);
  });

  test('replaces an authorization header that the client sent itself', async () => {
    const { backend, identityProvider } = deployment();
    const headers = { ...credentials(identityProvider.clients.second), authorization: 'Bearer of-the-client' };
    await deployment().send({ headers });
    expect(backend.last().headerPairs.filter(([name]) => name.toLowerCase() === 'authorization')).toEqual([
      ['authorization', `Bearer ${identityProvider.tokens().at(-1)}`],
    ]);
  });

  test('is refused with 401 when the secret is wrong, even while the right one is cached', async () => {
    const { backend, identityProvider } = deployment();
    const { first } = identityProvider.clients;
    await deployment().send({ headers: credentials(first) });
    const received = backend.requests.length;
    const answer = await deployment().send({ headers: credentials({ ...first, secret: `${first.secret}x` }) });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBeDefined();
    expect(backend.requests.length).toBe(received);
  });

  test('is refused with 401 when there are no credentials', async () => {
    const answer = await deployment().send();
    expect(answer.status).toBe(401);
    expect(answer.body.trim()).toBe('missing credentials');
    expect(answer.headers['www-authenticate']).toBeDefined();
  });

  test('is served from the cache while control is down, and refused with 503 when it is not in there', async () => {
    const { backend, identityProvider } = deployment();
    const { first, second } = identityProvider.clients;
    await deployment().send({ headers: credentials(first) });
    await deployment().stopControl();
    expect((await deployment().send({ headers: credentials(first) })).status).toBe(200);
    const received = backend.requests.length;
    const refused = await deployment().send({ headers: credentials(second, identityProvider.scopes.second) });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(backend.requests.length).toBe(received);
    await deployment().startControl();
    await eventually(async () => {
      const answer = await deployment().send({ headers: credentials(second, identityProvider.scopes.second) });
      expect(answer.status).toBe(200);
    });
  });
});

describe('further headers from the token response', () => {
  const deployment = useDeployment({
    control: { UPSTREAM_TOKEN_HEADERS: 'token_type:x-token-type,expires_in,absent:x-absent' },
  });

  test.each(['a miss', 'a hit'])("are injected in place of the client's own, on %s", async () => {
    const { backend, identityProvider } = deployment();
    const forged = { 'x-token-type': 'forged', 'x-absent': 'forged' };
    const headers = { ...credentials(identityProvider.clients.first), ...forged };
    expect((await deployment().send({ headers })).status).toBe(200);
    const received = backend.last().headers;
    expect(received.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    expect(String(received['x-token-type']).toLowerCase()).toBe('bearer');
    expect(Number(received.expires_in)).toBeGreaterThan(0);
    expect(received).not.toHaveProperty('x-absent');
    expect(identityProvider.requests()).toBe(1);
  });
});
