import { afterAll, describe, expect, test } from 'vitest';
import { startEchoBackend } from '../../tools/launch/echo-backend.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { addCluster } from '../support/add-cluster.ts';
import { credentials } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

const mirror = await startEchoBackend();
afterAll(() => mirror.stop());

describe('request mirroring', () => {
  const deployment = useDeployment({
    configure: (configuration) => {
      addCluster(configuration, 'mirror', mirror.port);
      const [{ route }] = configuration.routes();
      route.request_mirror_policies = [{ cluster: 'mirror' }];
    },
  });

  test('hands the injected token to the mirror as well, and never the credentials', async () => {
    const { backend, identityProvider } = deployment();
    // What a mirror answers concerns nobody: not even a 401 has a token replaced.
    mirror.answer(() => ({ status: 401 }));
    for (let i = 0; i < 10; i++) {
      const answer = await deployment().send({ headers: credentials(identityProvider.clients.first) });
      expect(answer.status).toBe(200);
    }
    await eventually(() => expect(mirror.requests.length).toBe(10));
    for (const { headers } of [...backend.requests, ...mirror.requests]) {
      expect(headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
      expect(headers['x-client-id']).toBeUndefined();
      expect(headers['x-client-secret']).toBeUndefined();
    }
    expect(identityProvider.requests()).toBe(1);
  });

  test('copies nothing of a request that is refused', async () => {
    const mirrored = mirror.requests.length;
    expect((await deployment().send()).status).toBe(401);
    expect((await deployment().send({ headers: { 'x-client-id': 'nobody' } })).status).toBe(401);
    const { first } = deployment().identityProvider.clients;
    await deployment().send({ path: '/afterwards', headers: credentials(first) });
    await eventually(() => expect(mirror.last().path).toBe('/afterwards'));
    expect(mirror.requests.length).toBe(mirrored + 1);
  });
});
