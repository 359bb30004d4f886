import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { useGateway } from '../support/gateway/use-gateway.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MODULE = `${ROOT}build/test-trap.wasm`;

describe('a trap in the VM', () => {
  beforeAll(() => {
    const parameters = ['test/filter/trap.as.ts', '--target', 'filter', '--outFile', 'build/test-trap.wasm'];
    execFileSync('asc', parameters, { cwd: ROOT, stdio: 'pipe' });
  });

  const gateway = useGateway({
    module: MODULE,
    changes: {
      // One worker, so that the trap is sure to meet the VM that has paused a request.
      'envoy-proxy': ([proxy]) => {
        proxy.spec.concurrency = 1;
      },
      // The shipped file waits for a minute before it ends a silent stream.
      'client-traffic': ([policy]) => {
        policy.spec.timeout.http.streamIdleTimeout = '3s';
      },
      'filter-over-http': ([policy]) => {
        policy.spec.wasm[0].config.timeoutMilliseconds = 30_000;
      },
    },
    control: { HTTP_TIMEOUT: '30s', SHUTDOWN_TIMEOUT: '1s' },
  });

  test('lets no request through, hangs no stream for good, and is recovered from', async () => {
    const { backend, identityProvider } = gateway();
    const { first, second } = identityProvider.clients;
    expect((await gateway().send({ headers: credentials(first) })).status).toBe(200);
    const received = backend.requests.length;

    identityProvider.disturb({ delay: 60_000 });
    const paused = gateway().send({ headers: credentials(second) });
    await eventually(() => expect(identityProvider.requests()).toBe(2));
    const trapped = await gateway().send({ headers: { ...credentials(first), 'x-plant-trap': '1' } });
    expect(trapped.status).toBeGreaterThanOrEqual(500);
    expect((await paused).status).toBeGreaterThanOrEqual(400);
    identityProvider.disturb(undefined);
    expect(backend.requests.length).toBe(received);

    await eventually(async () => {
      expect((await gateway().send({ headers: credentials(first) })).status).toBe(200);
    }, 30_000);
  });
});
