import { describe, expect, test } from 'vitest';
import { credentials } from '../support/deployment.ts';
import { Callers } from './support/callers.ts';
import { PLUGIN, readHttpFilters } from './support/config-dump.ts';
import { shippedConfiguration } from './support/control-file.ts';
import type { Manifest } from './support/manifests.ts';
import { useMesh } from './support/use-mesh.ts';

const callers = new Callers();
/** An AuthorizationPolicy of the application's own: one subject may not call. */
const NOT_MALLORY: Manifest = {
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'not-mallory', namespace: 'istio-ingress' },
  spec: {
    selector: { matchLabels: { istio: 'ingressgateway' } },
    action: 'DENY',
    rules: [{ when: [{ key: 'request.auth.claims[sub]', values: ['mallory'] }] }],
  },
};

describe('the phase that we ship', () => {
  const mesh = useMesh({
    files: ['callers', 'wasm-plugin'],
    change: (manifests) => callers.trust(manifests.add(NOT_MALLORY)),
    configuration: shippedConfiguration,
  });

  test('puts the filter behind RequestAuthentication and AuthorizationPolicy, and in front of the router', async () => {
    const names = (await readHttpFilters(mesh())).map(({ name }) => name);
    const order = ['envoy.filters.http.jwt_authn', 'envoy.filters.http.rbac', PLUGIN, 'envoy.filters.http.router'];
    expect(names.filter((name) => order.includes(name))).toEqual(order);
  });

  test.each([
    ['without a JWT', () => ({}), 403],
    ['with a JWT of somebody else', () => new Callers().headers(), 401],
    ['that an AuthorizationPolicy refuses', () => callers.headers({ sub: 'mallory' }), 403],
  ])('a request %s causes no token request, nor any call to control', async (_how, headers, status) => {
    const { backend, identityProvider } = mesh();
    expect((await mesh().send({ headers: headers() })).status).toBe(status);
    expect(identityProvider.requests()).toBe(0);
    expect(await mesh().decisions()).toBe(0);
    expect(backend.requests).toEqual([]);
  });

  test('Istio does not judge the injected token, whose issuer it has never heard of', async () => {
    const { backend, identityProvider } = mesh();
    expect((await mesh().send({ headers: callers.headers() })).status).toBe(200);
    expect(identityProvider.requests()).toBe(1);
    expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
  });
});

describe('phase AUTHZ', () => {
  const mesh = useMesh({
    files: ['callers', 'wasm-plugin'],
    change(manifests) {
      callers.trust(manifests.add(NOT_MALLORY));
      manifests.find('WasmPlugin').spec.phase = 'AUTHZ';
    },
    configuration: shippedConfiguration,
  });

  test('would fetch a token for a caller whom an AuthorizationPolicy then refuses', async () => {
    const { backend, identityProvider } = mesh();
    expect((await mesh().send({ headers: callers.headers({ sub: 'mallory' }) })).status).toBe(403);
    expect(identityProvider.requests()).toBe(1);
    expect(backend.requests).toEqual([]);
  });
});

describe('phase AUTHN', () => {
  const mesh = useMesh({
    files: ['callers', 'wasm-plugin'],
    change(manifests) {
      callers.trust(manifests);
      manifests.find('WasmPlugin').spec.phase = 'AUTHN';
    },
  });

  test("would have Istio judge the injected token as the caller's", async () => {
    const { backend, identityProvider } = mesh();
    const answer = await mesh().send({ headers: credentials(identityProvider.clients.first) });
    expect([answer.status, answer.body]).toEqual([401, 'Jwt issuer is not configured']);
    expect(identityProvider.requests()).toBe(1);
    expect(backend.requests).toEqual([]);
  });
});
