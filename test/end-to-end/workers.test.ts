import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials, type Deployment, type DeploymentOptions } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

const REQUEST_ONLY = fileURLToPath(new URL('../../build/filter-request-only.wasm', import.meta.url));

/** Sends requests over that many fresh connections, which Envoy spreads over its workers. */
async function sendMany(deployment: Deployment, count: number): Promise<void> {
  const headers = credentials(deployment.identityProvider.clients.first);
  for (let i = 0; i < count; i++) expect((await deployment.send({ headers })).status).toBe(200);
}

const hits = (deployment: Deployment, layer: 'worker' | 'shared') => deployment.counter('token_broker_hits', { layer });

const BUILDS: [string, DeploymentOptions][] = [
  ['the filter', {}],
  ['the filter that sees requests only', { configure: (configuration) => configuration.setModule(REQUEST_ONLY) }],
];

describe.each(BUILDS)('two workers with %s', (_build, options) => {
  const deployment = useDeployment(options);

  test('share what one of them learned, and then each remembers it itself', async () => {
    const { identityProvider } = deployment();
    await sendMany(deployment(), 1);
    await eventually(async () => {
      await sendMany(deployment(), 10);
      expect(await hits(deployment(), 'shared')).toBeGreaterThan(0);
      expect(await hits(deployment(), 'worker')).toBeGreaterThan(0);
    });
    expect(identityProvider.requests()).toBe(1);
    expect(await deployment().counter('token_broker_misses')).toBe(1);
  });

  test('share refusals too', async () => {
    const { backend, identityProvider } = deployment();
    const received = backend.requests.length;
    const asked = identityProvider.requests();
    const headers = credentials({ ...identityProvider.clients.second, secret: 'wrong' });
    for (let i = 0; i < 20; i++) expect((await deployment().send({ headers })).status).toBe(401);
    expect(identityProvider.requests()).toBe(asked + 1);
    expect(backend.requests.length).toBe(received);
  });
});

describe('two workers without a shared cache', () => {
  const deployment = useDeployment({ plugin: { sharedCache: false } });

  test('ask control once each, and the issuer is asked once', async () => {
    await eventually(async () => {
      await sendMany(deployment(), 10);
      expect(await deployment().counter('token_broker_misses')).toBe(2);
    });
    expect(await hits(deployment(), 'shared')).toBe(0);
    expect(deployment().identityProvider.requests()).toBe(1);
  });
});
