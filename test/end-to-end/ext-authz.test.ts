import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

describe("Envoy's own ext_authz filter, with control's /check", () => {
  const deployment = useDeployment({
    shipped: 'ext-authz',
    configure: (configuration) => {
      const [virtualHost] = configuration.httpConnectionManager().route_config.virtual_hosts;
      // As shipped the router strips the credentials too; here it must be control's answer that does.
      delete virtualHost.request_headers_to_remove;
    },
  });
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
    for (const name of ['x-client-id', 'x-client-secret', 'x-scope', 'x-envoy-auth-headers-to-remove']) {
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

  test('sends credentials that came twice to nobody', async () => {
    const received = deployment().backend.requests.length;
    const { id, secret } = clients().first;
    const headers = { 'x-client-id': [id, id], 'x-client-secret': secret };
    expect((await deployment().send({ headers })).status).toBeGreaterThanOrEqual(400);
    expect(deployment().backend.requests.length).toBe(received);
  });

  test.each([
    ['without credentials', () => ({}), 401, 'missing credentials'],
    ['with a wrong secret', () => credentials({ ...clients().first, secret: 'wrong' }), 401, 'token request failed'],
    ['with too long an id', () => ({ 'x-client-id': 'i'.repeat(257), 'x-client-secret': 's' }), 400, 'too long'],
  ])('refuses a request %s', async (_how, headers, status, body) => {
    const received = deployment().backend.requests.length;
    const answer = await deployment().send({ headers: headers() });
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(body);
    expect(answer.headers['content-type']).toContain('text/plain');
    expect('www-authenticate' in answer.headers).toBe(status === 401);
    expect(deployment().backend.requests.length).toBe(received);
  });

  test('answers 503 while the issuer is out of reach, or control is, and recovers', async () => {
    const { backend, identityProvider } = deployment();
    const headers = credentials(clients().second, identityProvider.scopes.second);
    const received = backend.requests.length;
    identityProvider.disturb({ hangsUp: true });
    // Envoy takes a 5xx of an authorization server for no answer at all, and says so itself, without a body.
    expect(await deployment().send({ headers })).toMatchObject({ status: 503, body: '' });
    identityProvider.disturb({ status: 500 });
    expect(await deployment().send({ headers })).toMatchObject({ status: 503, body: '' });
    identityProvider.disturb(undefined);
    await deployment().stopControl();
    expect(await deployment().send({ headers })).toMatchObject({ status: 503, body: '' });
    expect(backend.requests.length).toBe(received);
    await deployment().startControl();
    await eventually(async () => expect((await deployment().send({ headers })).status).toBe(200));
  });
});

describe("Envoy's own ext_authz filter, with further headers from the token response", () => {
  const deployment = useDeployment({
    shipped: 'ext-authz',
    control: { UPSTREAM_TOKEN_HEADERS: 'token_type:x-token-type,expires_in', UPSTREAM_AUTH_HEADER: 'x-access-token' },
    configure: (configuration) => {
      const { http_service } = configuration.httpFilters()[0].typed_config;
      http_service.authorization_response.allowed_upstream_headers.patterns = [
        { exact: 'x-access-token' },
        { exact: 'x-token-type' },
        { exact: 'expires_in' },
      ];
    },
  });

  test.each(['a miss', 'a hit'])("sets them in place of the client's own, on %s", async () => {
    const { backend, identityProvider } = deployment();
    const headers = { ...credentials(identityProvider.clients.first), 'x-token-type': 'forged' };
    expect((await deployment().send({ headers })).status).toBe(200);
    const received = backend.last().headers;
    expect(received['x-access-token']).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    expect(String(received['x-token-type']).toLowerCase()).toBe('bearer');
    expect(Number(received.expires_in)).toBeGreaterThan(0);
    expect(received.authorization).toBeUndefined();
  });
});
