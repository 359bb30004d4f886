import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { findFreePorts } from '../../tools/launch/ports.ts';
import { credentials } from '../support/deployment.ts';
import { readExtensions } from './support/config-dump.ts';
import { useMesh } from './support/use-mesh.ts';

/** Wasm VMs that Envoy has, on all threads. */
const ACTIVE = 'envoy_wasm_envoy_wasm_runtime_v8_active';

describe.each([
  { what: 'an image, which share a VM in each worker', image: true, machinesEach: 0 },
  // Istio leaves the plugin's version in the VM's environment then, which is part of what VMs are told apart by.
  { what: 'a file, which have a VM each', image: false, machinesEach: 1 },
])('two plugins whose module is $what', async ({ image, machinesEach }) => {
  const [otherPort = 0] = await findFreePorts(1);
  const mesh = useMesh({
    files: ['wasm-plugin'],
    image,
    change(manifests, { gatewayPort }) {
      const plugin = manifests.find('WasmPlugin');
      // A gateway is a client to Istio: of what is behind it.
      plugin.spec.match = [{ mode: 'CLIENT', ports: [{ number: gatewayPort }] }];
      const { servers } = manifests.find('Gateway').spec;
      servers.push({ ...servers[0], port: { ...servers[0].port, number: otherPort, name: 'http-other' } });
    },
  });

  test('keep apart: the trouble of one is not the trouble of the other', async () => {
    const { manifests, identityProvider, backend } = mesh();
    const headers = credentials(identityProvider.clients.first);
    expect((await mesh().send({ headers })).status).toBe(200);
    const machines = await mesh().counter(ACTIVE);
    expect(machines).toBeGreaterThan(0);

    const other = structuredClone(manifests.find('WasmPlugin'));
    other.metadata.name = 'token-broker-other';
    other.spec.pluginName = 'token-broker-other';
    other.spec.match = [{ mode: 'CLIENT', ports: [{ number: otherPort }] }];
    other.spec.pluginConfig = {
      ...other.spec.pluginConfig,
      ...{ cluster: 'outbound|8081||no-such.service', timeoutMilliseconds: 500 },
    };
    manifests.add(other);
    await mesh().apply();
    await eventually(async () => {
      const roots = Object.values(await readExtensions(mesh())).map(({ root_id }) => root_id);
      expect(roots.sort()).toEqual(['token-broker', 'token-broker-other']);
    });

    const answers = await eventually(async () => {
      const statuses = await Promise.all(
        [mesh().gatewayPort, otherPort, mesh().gatewayPort].map((port) => mesh().send({ port, headers })),
      );
      expect(statuses[1]?.status).toBe(503);
      return statuses;
    });
    expect(answers.map(({ status }) => status)).toEqual([200, 503, 200]);
    expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    expect(await mesh().counter(ACTIVE)).toBe(machines * (1 + machinesEach));
  });
});
