import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { useGateway } from '../support/gateway/use-gateway.ts';
import { requestRaw } from '../support/request-raw.ts';

describe('a Gateway with the filter', () => {
  const gateway = useGateway();
  const clients = () => gateway().identityProvider.clients;

  test('gives the backend a token in place of the credentials, and asks for one once, whichever worker is met', async () => {
    const { backend, identityProvider } = gateway();
    const headers = credentials(clients().first, identityProvider.scopes.first);
    for (let i = 0; i < 20; i++) {
      const answer = await gateway().send({ path: '/orders?page=1', headers });
      expect(answer.status).toBe(200);
      expect(backend.last().path).toBe('/orders?page=1');
      expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
      for (const name of Object.keys(headers)) expect(backend.last().headers[name]).toBeUndefined();
    }
    expect(identityProvider.requests()).toBe(1);
    await eventually(async () => expect(await gateway().counter('token_broker_misses')).toBe(1));
  });

  test("replaces an authorization header of the client's own", async () => {
    const { backend, identityProvider } = gateway();
    await gateway().send({ headers: { ...credentials(clients().second), authorization: 'Bearer of-the-client' } });
    const received = backend.last().headerPairs.filter(([name]) => name.toLowerCase() === 'authorization');
    expect(received).toEqual([['authorization', `Bearer ${identityProvider.tokens().at(-1)}`]]);
  });

  test.each([
    ['without credentials', () => ({}), 401, 'missing credentials\n'],
    ['with a wrong secret', () => credentials({ ...clients().first, secret: 'wrong' }), 401, 'token request failed\n'],
    ['with too long an id', () => ({ 'x-client-id': 'i'.repeat(257), 'x-client-secret': 's' }), 400, 'too long\n'],
  ])('refuses a request %s', async (_how, headers, status, body) => {
    const received = gateway().backend.requests.length;
    const answer = await gateway().send({ headers: headers() });
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(body);
    expect('www-authenticate' in answer.headers).toBe(status === 401);
    expect(gateway().backend.requests.length).toBe(received);
  });

  test('refuses a header whose underscores backends may read as hyphens', async () => {
    const received = gateway().backend.requests.length;
    const headers = { ...credentials(clients().first), x_client_secret: 'a' };
    expect((await gateway().send({ headers })).status).toBe(400);
    expect(gateway().backend.requests.length).toBe(received);
  });

  test('resolves dot segments, merges slashes and redirects escaped ones before policy is chosen', async () => {
    const { backend, port } = gateway();
    const headers = Object.entries(credentials(clients().first)).map(([name, value]) => `${name}: ${value}`);
    const send = (path: string) => requestRaw(port, `GET ${path} HTTP/1.1`, 'host: a', ...headers);
    expect((await send('/public/../orders//1')).status).toBe(200);
    expect(backend.last().path).toBe('/orders/1');
    const received = backend.requests.length;
    const { status, answer } = await send('/public%2f..%2forders');
    expect(status).toBe(307);
    expect(answer).toMatch(/^location: .*\/orders\r$/m);
    expect(backend.requests.length).toBe(received);
  });

  test("has the filter's metrics with their tags", async () => {
    await gateway().send({ headers: credentials(clients().first) });
    await gateway().send({ headers: credentials(clients().first) });
    await gateway().send({});
    await eventually(async () => {
      expect(await gateway().counter('token_broker_hits', { layer: 'worker' })).toBeGreaterThan(0);
      expect(await gateway().counter('token_broker_denials', { status: '401' })).toBeGreaterThan(0);
    });
  });
});
