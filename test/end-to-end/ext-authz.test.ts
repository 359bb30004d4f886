import { describe, expect, test } from 'vitest';
import { credentials } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

describe("Envoy's own ext_authz filter in front of control", () => {
  const deployment = useDeployment({ shipped: 'ext-authz' });

  test.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH'])(
    'lets a %s request leave with a token, without its credentials',
    async (method) => {
      const { backend, identityProvider } = deployment();
      const { first } = identityProvider.clients;
      const answer = await deployment().send({ method, path: '/orders?page=1', headers: credentials(first) });
      expect(answer.status).toBe(200);
      const { headers, path } = backend.last();
      expect(path).toBe('/orders?page=1');
      expect(headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
      expect(Object.keys(headers).filter((name) => name.startsWith('x-client-'))).toEqual([]);
    },
  );

  test('refuses a wrong secret with 401', async () => {
    const { backend, identityProvider } = deployment();
    const received = backend.requests.length;
    const headers = credentials({ ...identityProvider.clients.second, secret: 'wrong' });
    const answer = await deployment().send({ headers });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBeDefined();
    expect(backend.requests.length).toBe(received);
  });

  test('refuses with 401 when there are no credentials', async () => {
    expect((await deployment().send()).status).toBe(401);
  });

  test('refuses with 503 while control is down', async () => {
    const { backend, identityProvider } = deployment();
    await deployment().stopControl();
    const received = backend.requests.length;
    const answer = await deployment().send({ headers: credentials(identityProvider.clients.first) });
    expect(answer.status).toBe(503);
    expect(backend.requests.length).toBe(received);
  });
});
