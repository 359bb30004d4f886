import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { holdTokenRequests } from '../support/gate.ts';
import { countRejectedUpdates, PLUGIN, readExtensions } from './support/config-dump.ts';
import type { Mesh } from './support/mesh.ts';
import { useMesh } from './support/use-mesh.ts';

/** Changes the plugin's configuration and waits until Envoy has it. */
async function changePlugin(mesh: Mesh, keys: Record<string, unknown>): Promise<void> {
  Object.assign(mesh.manifests.find('WasmPlugin').spec.pluginConfig, keys);
  await mesh.apply();
  await eventually(async () => expect(await readPluginConfiguration(mesh)).toMatchObject(keys));
}

async function readPluginConfiguration(mesh: Mesh): Promise<unknown> {
  return JSON.parse((await readExtensions(mesh))[PLUGIN].configuration.value);
}

// With an image Envoy keeps its VMs and makes a new root context; with a file it makes new VMs (several-plugins.test.ts).
describe.each([
  { what: 'image', image: true },
  { what: 'file', image: false },
])("a change of the plugin's configuration, its module being a $what,", ({ image }) => {
  const mesh = useMesh({
    files: ['wasm-plugin'],
    image,
    change: (manifests) =>
      Object.assign(manifests.find('WasmPlugin').spec.pluginConfig, { timeoutMilliseconds: 30_000 }),
    environment: { HTTP_TIMEOUT: '30s' },
  });
  const clients = () => mesh().identityProvider.clients;

  test('finds requests that wait, and all of them get their token', async () => {
    const { backend, identityProvider } = mesh();
    const gate = holdTokenRequests(identityProvider);
    const waiting = Promise.all(
      Array.from({ length: 8 }, () => mesh().send({ headers: credentials(clients().first) })),
    );
    await eventually(() => expect(identityProvider.requests()).toBe(1));
    await changePlugin(mesh(), { workerEntries: 512 });
    const other = mesh().send({ headers: credentials(clients().second) });
    await eventually(() => expect(identityProvider.requests()).toBe(2));
    gate.open();
    const answers = [...(await waiting), await other];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const tokens = identityProvider.tokens().map((token) => `Bearer ${token}`);
    for (const { headers } of backend.requests) expect(tokens).toContain(headers.authorization);
  });

  test('lets no request through that it should not, and refuses none that it should not', async () => {
    const { backend } = mesh();
    const received = backend.requests.length;
    const statuses = { known: new Set<number>(), unknown: new Set<number>() };
    let changing = true;
    const keepSending = async (kind: keyof typeof statuses, headers: Record<string, string>) => {
      while (changing) statuses[kind].add((await mesh().send({ headers })).status);
    };
    const senders = [
      keepSending('known', credentials(clients().first)),
      keepSending('known', credentials(clients().second)),
      keepSending('unknown', {}),
      keepSending('unknown', { authorization: "Bearer of-the-client's-own" }),
    ];
    for (const workerEntries of [64, 128, 256]) await changePlugin(mesh(), { workerEntries });
    changing = false;
    await Promise.all(senders);
    expect([...statuses.known]).toEqual([200]);
    expect([...statuses.unknown]).toEqual([401]);
    const tokens = mesh()
      .identityProvider.tokens()
      .map((token) => `Bearer ${token}`);
    for (const { headers } of backend.requests.slice(received)) expect(tokens).toContain(headers.authorization);
    expect(await countRejectedUpdates(mesh())).toBe(0);
  });

  test('with a key that there is not is refused by Envoy, which goes on with the last good one', async () => {
    const { pluginConfig } = mesh().manifests.find('WasmPlugin').spec;
    pluginConfig.timeout = 100;
    await mesh().apply();
    await eventually(async () => expect(await countRejectedUpdates(mesh())).toBeGreaterThan(0));
    expect(mesh().envoy.log()).toContain('timeout: there is no such key');
    for (let i = 0; i < 10; i++) {
      expect((await mesh().send({ headers: credentials(clients().first) })).status).toBe(200);
      expect((await mesh().send()).status).toBe(401);
    }
    delete pluginConfig.timeout;
    await changePlugin(mesh(), { workerEntries: 1024 });
    expect((await mesh().send({ headers: credentials(clients().first) })).status).toBe(200);
  });
});

describe('a gateway that starts with a bad configuration of the plugin', () => {
  const mesh = useMesh({
    files: ['wasm-plugin'],
    change: (manifests) => Object.assign(manifests.find('WasmPlugin').spec.pluginConfig, { timeout: 100 }),
  });

  test('refuses every request, and serves once the configuration is good', async () => {
    const { backend, identityProvider } = mesh();
    const headers = credentials(identityProvider.clients.first);
    for (let i = 0; i < 10; i++) {
      const answer = await mesh().send({ headers });
      expect([answer.status, answer.body]).toEqual([500, '']);
    }
    expect(backend.requests).toEqual([]);
    expect(identityProvider.requests()).toBe(0);
    delete mesh().manifests.find('WasmPlugin').spec.pluginConfig.timeout;
    await mesh().apply();
    await eventually(async () => expect((await mesh().send({ headers })).status).toBe(200));
  });
});
