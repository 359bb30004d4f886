import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { requestHttp2 } from '../support/request-http2.ts';
import { useDeployment } from '../support/use-deployment.ts';

describe("Envoy's own ext_authz filter, with control over gRPC", () => {
  const deployment = useDeployment({ shipped: 'ext-authz-grpc' });
  const clients = () => deployment().identityProvider.clients;
  const token = () => `Bearer ${deployment().identityProvider.tokens().at(-1)}`;

  test.each(['a miss', 'a hit'])('gives the backend the token and takes the credentials away, on %s', async () => {
    const { backend, identityProvider } = deployment();
    const headers = {
      ...credentials(clients().first, identityProvider.scopes.first),
      ...{ authorization: 'Bearer of-the-client', 'x-other': 'stays' },
    };
    const answer = await deployment().send({ path: '/orders?page=1', headers });
    expect(answer.status).toBe(200);
    expect(backend.last().path).toBe('/orders?page=1');
    expect(backend.last().headers).toMatchObject({ authorization: token(), 'x-other': 'stays' });
    for (const name of ['x-client-id', 'x-client-secret', 'x-scope']) {
      expect(backend.last().headers[name]).toBeUndefined();
    }
    expect(identityProvider.requests()).toBe(1);
  });

  test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'POST'])('lets %s through with its body', async (method) => {
    const { backend } = deployment();
    const answer = await deployment().send({ method, headers: credentials(clients().second), body: `of ${method}` });
    expect(answer.status).toBe(200);
    expect(backend.last()).toMatchObject({ method, body: `of ${method}`, headers: { authorization: token() } });
  });

  test('does the same for HTTP/2', async () => {
    const { backend, envoy } = deployment();
    const headers = credentials(clients().second);
    const answer = await requestHttp2(envoy.port, { method: 'PUT', path: '/http2', headers, body: 'a body' });
    expect(answer.status).toBe(200);
    expect(backend.last()).toMatchObject({ method: 'PUT', path: '/http2', body: 'a body' });
    expect(backend.last().headers).toMatchObject({ authorization: token() });
    expect(backend.last().headers['x-client-secret']).toBeUndefined();
  });

  test.each([
    ['without credentials', () => ({}), 401, 'missing credentials\n'],
    ['with a wrong secret', () => credentials({ ...clients().first, secret: 'wrong' }), 401, 'token request failed\n'],
    ['with too long an id', () => ({ 'x-client-id': 'i'.repeat(257), 'x-client-secret': 's' }), 400, 'too long\n'],
    [
      'with credentials that came twice',
      () => ({ 'x-client-id': [clients().first.id, clients().first.id], 'x-client-secret': clients().first.secret }),
      400,
      'header sent more than once\n',
    ],
  ])('refuses a request %s', async (_how, headers, status, body) => {
    const received = deployment().backend.requests.length;
    const answer = await deployment().send({ headers: headers() });
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(body);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect('www-authenticate' in answer.headers).toBe(status === 401);
    expect(deployment().backend.requests.length).toBe(received);
  });

  test("gives control's own answer while the issuer is out of reach, 503 while control is, and recovers", async () => {
    const { backend, identityProvider } = deployment();
    const headers = credentials(clients().second, identityProvider.scopes.second);
    const received = backend.requests.length;
    identityProvider.disturb({ hangsUp: true });
    const unreachable = await deployment().send({ headers });
    expect(unreachable).toMatchObject({ status: 503, body: 'oauth provider unavailable\n' });
    expect(unreachable.headers['retry-after']).toMatch(/^\d+$/);
    identityProvider.disturb(undefined);
    await deployment().stopControl();
    expect(await deployment().send({ headers })).toMatchObject({ status: 503, body: '' });
    expect(backend.requests.length).toBe(received);
    await deployment().startControl();
    await eventually(async () => expect((await deployment().send({ headers })).status).toBe(200));
  });
});

describe('a policy without a match for a request, over gRPC', () => {
  const deployment = useDeployment({
    shipped: 'ext-authz-grpc',
    policy: () => ({
      unmatched: 'deny',
      entries: [{ id: 'open', match: { pathPrefix: '/open' }, action: 'pass', pass: { strip: ['x-internal'] } }],
    }),
  });

  test('is refused with 403, and one that matches goes on as the policy says', async () => {
    const { backend } = deployment();
    expect(await deployment().send({ path: '/closed' })).toMatchObject({ status: 403, body: 'policy denied\n' });
    expect(backend.requests).toEqual([]);
    const headers = { 'x-internal': 'a', 'x-other': 'b' };
    expect((await deployment().send({ path: '/open/door', headers })).status).toBe(200);
    expect(backend.last().headers).toMatchObject({ 'x-other': 'b' });
    expect(backend.last().headers['x-internal']).toBeUndefined();
  });
});
