import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { FILTER_FILES, type GatewayDeployment } from '../support/gateway/gateway-deployment.ts';
import { type ImageRegistry, startImageRegistry } from '../support/gateway/image-registry.ts';
import { useGateway } from '../support/gateway/use-gateway.ts';

const FILTER = new URL('../../build/filter.wasm', import.meta.url);
const REQUEST_ONLY = new URL('../../build/filter-request-only.wasm', import.meta.url);
const MILLISECONDS = 60_000;

/** Sends requests with and without credentials until it is told to stop; what came back, by status. */
function sendAllTheWhile(gateway: GatewayDeployment) {
  let running = true;
  const statuses = { allowed: new Set<number>(), refused: new Set<number>() };
  const send = async (): Promise<void> => {
    const headers = credentials(gateway.identityProvider.clients.first);
    while (running) {
      statuses.allowed.add((await gateway.send({ path: '/allowed', headers })).status);
      statuses.refused.add(
        (await gateway.send({ path: '/refused', headers: { ...headers, 'x-client-secret': 'w' } })).status,
      );
      statuses.refused.add((await gateway.send({ path: '/refused' })).status);
    }
  };
  const sending = send();
  return {
    statuses,
    async stop() {
      running = false;
      await sending;
    },
  };
}

describe('a Gateway whose module is replaced', () => {
  const gateway = useGateway();

  test('lets no request through without a token, and refuses none that has credentials', async () => {
    const { backend, envoyGateway, modules } = gateway();
    const sending = sendAllTheWhile(gateway());
    const code = modules.publish(REQUEST_ONLY);
    gateway().apply('filter-over-http', ([policy]) => {
      policy.spec.wasm[0].code = code;
    });
    await eventually(async () => expect(await envoyGateway.loadedModules()).toEqual([code.http.sha256]), MILLISECONDS);
    // Enough requests for the listener that is new.
    const received = backend.requests.length;
    await eventually(() => expect(backend.requests.length).toBeGreaterThan(received + 20), MILLISECONDS);
    await sending.stop();
    expect([...sending.statuses.allowed]).toEqual([200]);
    expect([...sending.statuses.refused]).toEqual([401]);
    for (const { path, headers } of backend.requests) {
      expect(path).toBe('/allowed');
      expect(headers.authorization).toMatch(/^Bearer /);
      expect(headers['x-client-secret']).toBeUndefined();
    }
  });

  test('lets nothing through when the digest is not that of the module, until it is', async () => {
    const { backend } = gateway();
    const headers = credentials(gateway().identityProvider.clients.first);
    gateway().apply('filter-over-http', ([policy]) => {
      policy.spec.wasm[0].code.http.sha256 = '0'.repeat(64);
    });
    await eventually(async () => expect((await gateway().send({ headers })).status).toBe(500), MILLISECONDS);
    const received = backend.requests.length;
    for (let i = 0; i < 10; i++) expect((await gateway().send({ headers })).status).toBe(500);
    expect(backend.requests.length).toBe(received);
    gateway().apply('filter-over-http');
    await eventually(async () => expect((await gateway().send({ headers })).status).toBe(200), MILLISECONDS);
  });
}, 180_000);

describe('a Gateway with the module from a container image', () => {
  let registry: ImageRegistry;
  beforeAll(async () => {
    registry = await startImageRegistry(FILTER);
  });
  afterAll(() => registry.stop());
  const gateway = useGateway({
    files: FILTER_FILES.map((file) => (file === 'filter-over-http' ? 'filter' : file)),
    changes: {
      filter: ([policy]) => {
        policy.spec.wasm[0].code.image = registry.image;
      },
    },
  });

  test('gives the backend a token in place of the credentials', async () => {
    const { backend, identityProvider } = gateway();
    const answer = await gateway().send({ headers: credentials(identityProvider.clients.first) });
    expect(answer.status).toBe(200);
    expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    expect(backend.last().headers['x-client-secret']).toBeUndefined();
    expect((await gateway().send()).status).toBe(401);
  });
});
