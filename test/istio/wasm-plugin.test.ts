import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { Callers } from './support/callers.ts';
import { countRejectedUpdates, PLUGIN, readConnectionManager, readExtensions } from './support/config-dump.ts';
import { denyBelow, shippedConfiguration } from './support/control-file.ts';
import { serviceOf } from './support/endpoints.ts';
import { useMesh } from './support/use-mesh.ts';

const callers = new Callers();

describe('the manifests that we ship, applied together', () => {
  const mesh = useMesh({
    files: ['gateway-limits', 'callers', 'wasm-plugin'],
    change: (manifests) => callers.trust(manifests),
    configuration: shippedConfiguration,
  });
  const granted = () => `Bearer ${mesh().identityProvider.tokens().at(-1)}`;

  test('a caller whom Istio has verified gets a token, on a miss', async () => {
    const { backend, identityProvider, secrets } = mesh();
    const headers = callers.headers();
    secrets.plant("the caller's token", headers.authorization ?? '');
    expect((await mesh().send({ path: '/orders?page=1', headers })).status).toBe(200);
    expect(identityProvider.requests()).toBe(1);
    expect(backend.last()).toMatchObject({ path: '/orders?page=1', headers: { authorization: granted() } });
    expect(JSON.stringify(backend.last())).not.toContain(headers.authorization?.slice('Bearer '.length));
  });

  test('and on a hit, without any call to control', async () => {
    const { backend } = mesh();
    const headers = callers.headers();
    // One miss in each worker, because they share no cache.
    await eventually(async () => {
      const before = await mesh().decisions('filter');
      for (let i = 0; i < 20; i++) expect((await mesh().send({ headers })).status).toBe(200);
      expect(await mesh().decisions('filter')).toBe(before);
    });
    expect(backend.last().headers.authorization).toBe(granted());
    // Within 100 ms.
    await eventually(async () =>
      expect(await mesh().counter('token_broker_hits_layer_worker')).toBeGreaterThanOrEqual(20),
    );
    expect(mesh().identityProvider.requests()).toBe(1);
  });

  test.each([
    ['without a token', () => ({}), 403, 'RBAC: access denied'],
    ['with a token for others', () => callers.headers({ aud: 'payments' }), 403, 'Audiences in Jwt are not allowed'],
    ['with an expired token', () => callers.headers({ exp: 1 }), 401, 'Jwt is expired'],
    [
      'with a header that a backend could take for another',
      () => ({ ...callers.headers(), x_client_id: 'a' }),
      400,
      '',
    ],
  ])('Istio refuses a caller %s', async (_how, headers, status, body) => {
    const { backend, identityProvider } = mesh();
    const [received, requests] = [backend.requests.length, identityProvider.requests()];
    const answer = await mesh().send({ headers: headers() });
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(body);
    expect(backend.requests.length).toBe(received);
    expect(identityProvider.requests()).toBe(requests);
  });

  test('a change of policy reaches the gateway, and a request that it denies never reaches the backend', async () => {
    const { backend } = mesh();
    const headers = callers.headers();
    await mesh().reconfigureControl((document) => denyBelow(document, '/closed'));
    // Each worker asks for the route table by itself.
    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => mesh().send({ path: '/closed', headers })));
      for (const { status, body } of answers) expect([status, body]).toEqual([403, 'policy denied\n']);
    });
    const received = backend.requests.length;
    expect((await mesh().send({ path: '/closed/door', headers })).status).toBe(403);
    // Merged by Istio, so that it is read as the policy reads it.
    expect((await mesh().send({ path: '//closed', headers })).status).toBe(403);
    expect(backend.requests.length).toBe(received);
    expect((await mesh().send({ path: '/closedness', headers })).status).toBe(200);
  });

  test('while control is down, callers who are remembered are served and others get 503', async () => {
    const { backend } = mesh();
    const headers = callers.headers();
    await eventually(async () => {
      const before = await mesh().decisions('filter');
      for (let i = 0; i < 20; i++) await mesh().send({ headers });
      expect(await mesh().decisions('filter')).toBe(before);
    });
    await mesh().stopControl();
    expect((await mesh().send({ headers })).status).toBe(200);
    const received = backend.requests.length;
    const refused = await mesh().send({ headers: callers.headers({ sub: 'bob' }) });
    expect([refused.status, refused.body]).toEqual([503, 'token broker unavailable\n']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(backend.requests.length).toBe(received);
    await mesh().startControl();
    await eventually(async () =>
      expect((await mesh().send({ headers: callers.headers({ sub: 'bob' }) })).status).toBe(200),
    );
  });

  test('are what Envoy runs, and it has refused no part of them', async () => {
    const plugin = (await readExtensions(mesh()))[PLUGIN];
    expect(plugin).toMatchObject({ root_id: 'token-broker', failure_policy: 'FAIL_CLOSED' });
    expect(plugin.vm_config.vm_id).toBeUndefined();
    expect(JSON.parse(plugin.configuration.value)).toEqual(mesh().manifests.find('WasmPlugin').spec.pluginConfig);
    const manager = await readConnectionManager(mesh());
    expect(manager).toMatchObject({ merge_slashes: true, normalize_path: true, stream_idle_timeout: '60s' });
    expect(await countRejectedUpdates(mesh())).toBe(0);
  });
});

describe.each([
  { sharedCache: false, decisions: 2 },
  { sharedCache: true, decisions: 1 },
])('with two workers and sharedCache: $sharedCache', ({ sharedCache, decisions }) => {
  const mesh = useMesh({
    files: ['wasm-plugin'],
    change: (manifests) => Object.assign(manifests.find('WasmPlugin').spec.pluginConfig, { sharedCache }),
  });

  test(`control decides ${decisions} times for a caller, and the identity provider is asked once`, async () => {
    const headers = credentials(mesh().identityProvider.clients.first);
    for (let i = 0; i < 60; i++) expect((await mesh().send({ headers })).status).toBe(200);
    expect(await mesh().decisions('filter')).toBe(decisions);
    expect(mesh().identityProvider.requests()).toBe(1);
  });
});

describe('an istiod that sends gateways only the clusters that they need', () => {
  const mesh = useMesh({
    files: ['wasm-plugin'],
    istiod: { PILOT_FILTER_GATEWAY_CLUSTER_CONFIG: 'true' },
    change: (manifests) => manifests.add(serviceOf({ name: 'unrelated', namespace: 'orders' })),
  });

  test("sends control's, because the providers in mesh-config.yaml name it", async () => {
    const clusters = await (await fetch(`${mesh().envoy.adminUrl}/clusters`)).text();
    expect(clusters).not.toContain('unrelated');
    expect(clusters).toContain('outbound|8081||token-broker.token-broker.svc.cluster.local');
    const headers = credentials(mesh().identityProvider.clients.first);
    expect((await mesh().send({ headers })).status).toBe(200);
  });
});
