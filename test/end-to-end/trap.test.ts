import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MODULE = `${ROOT}build/test-trap.wasm`;

describe('a trap in the VM', () => {
  beforeAll(() => {
    const parameters = ['test/filter/trap.as.ts', '--target', 'filter', '--outFile', 'build/test-trap.wasm'];
    execFileSync('asc', parameters, { cwd: ROOT, stdio: 'pipe' });
  });

  const deployment = useDeployment({
    // One worker, so that the trap is sure to meet the VM that has paused a request.
    concurrency: 1,
    configure: (configuration) => {
      configuration.setModule(MODULE);
      // The shipped configuration waits for a minute before it ends a silent stream.
      configuration.httpConnectionManager().stream_idle_timeout = '3s';
    },
    control: { HTTP_TIMEOUT: '30s', SHUTDOWN_TIMEOUT: '1s' },
    plugin: { timeoutMilliseconds: 30_000 },
  });

  test('lets no request through, hangs no stream for good, and is recovered from', async () => {
    const { backend, identityProvider } = deployment();
    const { first, second } = identityProvider.clients;
    expect((await deployment().send({ headers: credentials(first) })).status).toBe(200);
    const received = backend.requests.length;

    identityProvider.disturb({ delay: 60_000 });
    const paused = deployment().send({ headers: credentials(second) });
    await eventually(() => expect(identityProvider.requests()).toBe(2));
    const trapped = await deployment().send({ headers: { ...credentials(first), 'x-plant-trap': '1' } });
    expect(trapped.status).toBeGreaterThanOrEqual(500);
    expect((await paused).status).toBeGreaterThanOrEqual(400);
    identityProvider.disturb(undefined);
    expect(backend.requests.length).toBe(received);

    await eventually(async () => {
      expect((await deployment().send({ headers: credentials(first) })).status).toBe(200);
    });
  });
});
