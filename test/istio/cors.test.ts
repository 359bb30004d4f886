import { describe, expect, test } from 'vitest';
import { Callers } from './support/callers.ts';
import { preflightConfiguration } from './support/control-file.ts';
import { HOST } from './support/mesh.ts';
import { useMesh } from './support/use-mesh.ts';

const callers = new Callers();
const ORIGIN = 'https://shop.example.com';

describe('a CORS preflight, with the two exceptions that docs/istio.md names', () => {
  const mesh = useMesh({
    files: ['callers', 'wasm-plugin'],
    change(manifests) {
      callers.trust(manifests);
      const [rule] = manifests.find('AuthorizationPolicy', 'callers-with-a-subject').spec.rules;
      rule.to = [{ operation: { notMethods: ['OPTIONS'] } }];
      const [route] = manifests.find('VirtualService').spec.http;
      route.corsPolicy = { allowOrigins: [{ exact: ORIGIN }], allowMethods: ['GET'], allowHeaders: ['authorization'] };
    },
    configuration: preflightConfiguration,
  });
  const preflight = { host: HOST, origin: ORIGIN, 'access-control-request-method': 'GET' };

  test('is answered by Istio, without a token', async () => {
    const { backend, identityProvider } = mesh();
    const answer = await mesh().send({ method: 'OPTIONS', headers: preflight });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, ORIGIN]);
    expect(backend.requests).toEqual([]);
    expect(identityProvider.requests()).toBe(0);
  });

  test('opens nothing else', async () => {
    const { backend } = mesh();
    expect((await mesh().send({ headers: { origin: ORIGIN } })).status).toBe(403);
    expect(backend.requests).toEqual([]);
    expect((await mesh().send({ headers: { origin: ORIGIN, ...callers.headers() } })).status).toBe(200);
  });
});
