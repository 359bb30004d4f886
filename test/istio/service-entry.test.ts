import { describe, expect, test } from 'vitest';
import { credentials } from '../support/deployment.ts';
import { useMesh } from './support/use-mesh.ts';

describe('control outside the cluster, as a ServiceEntry', () => {
  const host = 'token-broker.example.com';
  const mesh = useMesh({
    files: ['wasm-plugin'],
    change(manifests, { controlPorts }) {
      manifests.add({
        apiVersion: 'networking.istio.io/v1',
        kind: 'ServiceEntry',
        metadata: { name: 'token-broker', namespace: 'istio-ingress' },
        spec: {
          hosts: [host],
          location: 'MESH_EXTERNAL',
          resolution: 'STATIC',
          ports: [{ number: 443, name: 'http', protocol: 'HTTP' }],
          endpoints: [{ address: '127.0.0.1', ports: { http: controlPorts.filterPort } }],
        },
      });
      Object.assign(manifests.find('WasmPlugin').spec.pluginConfig, {
        cluster: `outbound|443||${host}`,
        authority: host,
      });
    },
  });

  test('is asked under the name that Istio gives its port', async () => {
    const headers = credentials(mesh().identityProvider.clients.first);
    expect((await mesh().send({ headers })).status).toBe(200);
    expect(await mesh().decisions('filter')).toBe(1);
  });
});
