import { describe, expect, test } from 'vitest';
import { credentials } from '../support/deployment.ts';
import { countRejectedUpdates } from './support/config-dump.ts';
import { useMesh } from './support/use-mesh.ts';

const WAYS = [
  { file: 'wasm-plugin', refusal: [503, 'token broker unavailable\n'] },
  // The sidecar's refusal is an answer like control's own.
  { file: 'ext-authz-http', refusal: [403, 'RBAC: access denied'] },
  { file: 'ext-authz-grpc', refusal: [503, ''] },
];

describe.each(WAYS)('control behind its sidecar, asked as in $file', ({ file }) => {
  const mesh = useMesh({ files: ['control-access', file], sidecar: true });

  test('is there for the gateway', async () => {
    const { backend, identityProvider } = mesh();
    const headers = credentials(identityProvider.clients.first);
    expect((await mesh().send({ headers })).status).toBe(200);
    expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    expect(await countRejectedUpdates(mesh())).toBe(0);
  });

  test('answers nobody in clear text', async () => {
    const { address, filterPort } = mesh().controlPod ?? {};
    // Not that nothing listens there.
    const cause = { code: expect.stringMatching(/^(?:UND_ERR_SOCKET|ECONNRESET)$/) };
    await expect(fetch(`http://${address}:${filterPort}/v1/routes`)).rejects.toMatchObject({ cause });
  });
});

describe.each(WAYS)('a workload that is not the gateway, asking control as in $file', ({ file, refusal }) => {
  const mesh = useMesh({
    files: ['control-access', file],
    sidecar: true,
    gatewayAccount: 'somebody-else',
    change(manifests) {
      // How long the filter waits for its route table.
      if (file === 'wasm-plugin') manifests.find('WasmPlugin').spec.pluginConfig.timeoutMilliseconds = 1_000;
    },
  });

  test('gets no token, though it has a certificate of the mesh', async () => {
    const { backend, identityProvider } = mesh();
    const answer = await mesh().send({ headers: credentials(identityProvider.clients.first) });
    expect([answer.status, answer.body]).toEqual(refusal);
    expect(identityProvider.requests()).toBe(0);
    expect(await mesh().decisions()).toBe(0);
    expect(backend.requests).toEqual([]);
  });
});
