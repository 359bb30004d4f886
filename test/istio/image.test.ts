import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { PLUGIN, readExtensions } from './support/config-dump.ts';
import { useMesh } from './support/use-mesh.ts';

describe('a module that is an OCI image', () => {
  const mesh = useMesh({ files: ['wasm-plugin'] });
  const plugin = () => mesh().manifests.find('WasmPlugin').spec;
  const headers = () => credentials(mesh().identityProvider.clients.first);

  test("is downloaded by Istio's agent, checked, and given to Envoy as a file", async () => {
    const { image, digest } = mesh().istio;
    Object.assign(plugin(), { url: `oci://${image}`, sha256: digest });
    await mesh().apply();
    await eventually(async () => {
      const { vm_config } = (await readExtensions(mesh()))[PLUGIN];
      expect(vm_config.code.local.filename).toMatch(new RegExp(`${digest}\\.wasm$`));
    });
    expect((await mesh().send({ headers: headers() })).status).toBe(200);
    expect((await mesh().send()).status).toBe(401);
  });

  test('has every request refused when its digest is another, as it is with the one that we ship', async () => {
    const { backend } = mesh();
    Object.assign(plugin(), { sha256: '0'.repeat(64) });
    await mesh().apply();
    await eventually(async () => {
      const answer = await mesh().send({ headers: headers() });
      expect([answer.status, answer.body]).toEqual([403, 'RBAC: access denied']);
    });
    const received = backend.requests.length;
    for (let i = 0; i < 10; i++) expect((await mesh().send({ headers: headers() })).status).toBe(403);
    expect(backend.requests.length).toBe(received);
    expect(mesh().istio.log()).toMatch(/error in converting the wasm config to local: .* does not match/);
  });

  test('would have every request let through as it came, under FAIL_OPEN', async () => {
    const { backend, identityProvider } = mesh();
    Object.assign(plugin(), { failStrategy: 'FAIL_OPEN' });
    await mesh().apply();
    await eventually(async () =>
      expect((await mesh().send({ headers: { 'x-client-name': 'kept' } })).status).toBe(200),
    );
    expect(backend.last().headers).toMatchObject({ 'x-client-name': 'kept' });
    expect(backend.last().headers.authorization).toBeUndefined();
    expect(identityProvider.requests()).toBe(1);
  });

  test('works again once the digest is right', async () => {
    Object.assign(plugin(), { sha256: mesh().istio.digest, failStrategy: 'FAIL_CLOSE' });
    await mesh().apply();
    await eventually(async () => expect((await mesh().send()).status).toBe(401));
    expect((await mesh().send({ headers: headers() })).status).toBe(200);
  });
});
