import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { Callers } from './support/callers.ts';
import { countRejectedUpdates, readHttpFilters } from './support/config-dump.ts';
import { useMesh } from './support/use-mesh.ts';

describe.each([
  { way: 'check', file: 'ext-authz-http', unavailable: '' },
  { way: 'grpc', file: 'ext-authz-grpc', unavailable: 'oauth provider unavailable\n' },
] as const)('without Wasm, $file', ({ way, file, unavailable }) => {
  const mesh = useMesh({ files: ['gateway-limits', file] });
  const clients = () => mesh().identityProvider.clients;
  const token = () => `Bearer ${mesh().identityProvider.tokens().at(-1)}`;

  test.each(['a miss', 'a hit'])('the backend gets the token and no credentials, on %s', async () => {
    const { backend, identityProvider } = mesh();
    const before = await mesh().decisions(way);
    const headers = {
      ...credentials(clients().first, identityProvider.scopes.first),
      ...{ authorization: 'Bearer of-the-client', 'x-other': 'stays' },
    };
    expect((await mesh().send({ path: '/orders?page=1', headers })).status).toBe(200);
    expect(backend.last()).toMatchObject({
      path: '/orders?page=1',
      headers: { authorization: token(), 'x-other': 'stays' },
    });
    for (const name of ['x-client-id', 'x-client-secret', 'x-scope']) {
      expect(backend.last().headers[name]).toBeUndefined();
    }
    // Control is asked each time, and the identity provider once.
    expect(await mesh().decisions(way)).toBe(before + 1);
    expect(identityProvider.requests()).toBe(1);
  });

  test.each([
    ['without credentials', () => ({}), 401, 'missing credentials\n'],
    ['with a wrong secret', () => credentials({ ...clients().first, secret: 'wrong' }), 401, 'token request failed\n'],
    ['with too long an id', () => ({ 'x-client-id': 'i'.repeat(257), 'x-client-secret': 's' }), 400, 'too long\n'],
  ])('a request %s gets the refusal that control wrote', async (_how, headers, status, body) => {
    const { backend } = mesh();
    const received = backend.requests.length;
    const answer = await mesh().send({ headers: headers() });
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(body);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect('www-authenticate' in answer.headers).toBe(status === 401);
    expect(backend.requests.length).toBe(received);
  });

  test('while the identity provider is out of reach the answer is 503', async () => {
    const { identityProvider } = mesh();
    identityProvider.disturb({ hangsUp: true });
    const headers = credentials(clients().second);
    expect(await mesh().send({ headers })).toMatchObject({ status: 503, body: unavailable });
    identityProvider.disturb(undefined);
  });

  test('a client id that came twice is joined by a comma, and so is nobody', async () => {
    const { backend } = mesh();
    const received = backend.requests.length;
    const { id, secret } = clients().first;
    const answer = await mesh().send({ headers: { 'x-client-id': [id, id], 'x-client-secret': secret } });
    expect([answer.status, answer.body]).toEqual([401, 'token request failed\n']);
    expect(backend.requests.length).toBe(received);
  });

  test('while control is down every request gets 503, and none gets through', async () => {
    const { backend } = mesh();
    const headers = credentials(clients().first);
    await mesh().stopControl();
    const received = backend.requests.length;
    expect(await mesh().send({ headers })).toMatchObject({ status: 503, body: '' });
    expect((await mesh().send()).status).toBe(503);
    expect(backend.requests.length).toBe(received);
    await mesh().startControl();
    await eventually(async () => expect((await mesh().send({ headers })).status).toBe(200));
  });

  test('Envoy has refused no part of it', async () => {
    expect(await countRejectedUpdates(mesh())).toBe(0);
  });
});

describe.each(['ext-authz-http', 'ext-authz-grpc'])('%s together with callers.yaml', (file) => {
  const callers = new Callers();
  const mesh = useMesh({ files: ['callers', file], change: (manifests) => callers.trust(manifests) });

  test('runs first, whatever else there is', async () => {
    const names = (await readHttpFilters(mesh())).map(({ name }) => name);
    expect(names.indexOf('envoy.filters.http.ext_authz')).toBeGreaterThan(-1);
    expect(names.indexOf('envoy.filters.http.ext_authz')).toBeLessThan(names.indexOf('envoy.filters.http.jwt_authn'));
  });

  test('a token is fetched before Istio judges the caller, and then that token is judged', async () => {
    const { backend, identityProvider } = mesh();
    const headers = { ...callers.headers(), ...credentials(identityProvider.clients.first) };
    const answer = await mesh().send({ headers });
    expect([answer.status, answer.body]).toEqual([401, 'Jwt issuer is not configured']);
    expect(identityProvider.requests()).toBe(1);
    expect(backend.requests).toEqual([]);
  });
});
