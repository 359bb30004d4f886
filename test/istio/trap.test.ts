import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { PLUGIN, readExtensions } from './support/config-dump.ts';
import { useMesh } from './support/use-mesh.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Longer than Envoy waits before it starts a VM again. */
const WHILE_MILLISECONDS = 3_000;

beforeAll(() => {
  const parameters = ['test/filter/trap.as.ts', '--target', 'filter', '--outFile', 'build/test-trap.wasm'];
  execFileSync('asc', parameters, { cwd: ROOT, stdio: 'pipe' });
});

describe.each([
  { failStrategy: 'FAIL_CLOSE', recovers: false },
  { failStrategy: 'FAIL_RELOAD', recovers: true },
])('a crash of the VM under $failStrategy', ({ failStrategy, recovers }) => {
  const mesh = useMesh({
    files: ['gateway-limits', 'wasm-plugin'],
    // One worker, so that the crash is sure to meet the VM that has paused a request.
    concurrency: 1,
    change(manifests) {
      const { spec } = manifests.find('WasmPlugin');
      Object.assign(spec, { url: `file://${ROOT}build/test-trap.wasm`, failStrategy });
      spec.pluginConfig.timeoutMilliseconds = 30_000;
      // A minute as shipped; Istio's own gateways wait for ever.
      manifests.find('EnvoyFilter').spec.configPatches[0].patch.value.typed_config.stream_idle_timeout = '3s';
    },
    environment: { HTTP_TIMEOUT: '30s', SHUTDOWN_TIMEOUT: '1s' },
  });

  test(`lets no request through, hangs none for good, and ${recovers ? 'mends itself' : 'lasts'}`, async () => {
    const { backend, identityProvider } = mesh();
    const { first, second } = identityProvider.clients;
    expect((await mesh().send({ headers: credentials(first) })).status).toBe(200);
    const received = backend.requests.length;

    identityProvider.disturb({ delay: 60_000 });
    const paused = mesh().send({ headers: credentials(second) });
    await eventually(() => expect(identityProvider.requests()).toBe(2));
    const crashed = await mesh().send({ headers: { ...credentials(first), 'x-plant-trap': '1' } });
    expect(crashed.status).toBeGreaterThanOrEqual(500);
    expect((await paused).status).toBeGreaterThanOrEqual(400);
    identityProvider.disturb(undefined);
    expect(backend.requests.length).toBe(received);

    if (!recovers) {
      const statuses = new Set<number>();
      for (const end = performance.now() + WHILE_MILLISECONDS; performance.now() < end; ) {
        statuses.add((await mesh().send({ headers: credentials(first) })).status);
      }
      expect([...statuses]).toEqual([503]);
      expect(backend.requests.length).toBe(received);
      // What helps, besides a restart of the gateway.
      mesh().manifests.find('WasmPlugin').spec.pluginConfig.workerEntries = 512;
      await mesh().apply();
      await eventually(async () =>
        expect((await readExtensions(mesh()))[PLUGIN].configuration.value).toContain('workerEntries'),
      );
    }
    await eventually(async () => expect((await mesh().send({ headers: credentials(first) })).status).toBe(200));
  });
});
