import { afterAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { ControlCertificates } from '../support/gateway/control-certificates.ts';
import type { GatewayOptions } from '../support/gateway/gateway-deployment.ts';
import { useGateway } from '../support/gateway/use-gateway.ts';

const MILLISECONDS = 30_000;

/** With control behind mutual TLS. */
function withCalloutRoute(certificates: ControlCertificates): GatewayOptions {
  afterAll(() => certificates.remove());
  return {
    files: ['envoy-proxy', 'client-traffic', 'callout-route', 'filter-over-http'],
    changes: {
      'filter-over-http': ([policy]) => {
        policy.spec.wasm[0].config.cluster = 'httproute/default/token-broker-callout/rule/0';
      },
    },
    resources: [certificates.secret()],
    control: certificates.environmentFor('FILTER'),
  };
}

describe('a Gateway with a route for callouts', () => {
  const gateway = useGateway(withCalloutRoute(new ControlCertificates()));

  test('gives the backend a token in place of the credentials', async () => {
    const { backend, identityProvider } = gateway();
    const answer = await gateway().send({ headers: credentials(identityProvider.clients.first) });
    expect(answer.status).toBe(200);
    expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    expect(backend.last().headers['x-client-secret']).toBeUndefined();
  });

  describe('whose name a client sends', () => {
    const headers = () => ({ host: 'token-broker.invalid', ...credentials(gateway().identityProvider.clients.first) });
    const reachControl = () => gateway().send({ path: '/v1/routes', headers: headers() });

    test('lets nobody through to control', async () => {
      expect((await reachControl()).status).toBe(403);
    });

    test('would let them through without the SecurityPolicy beside it', async () => {
      gateway().apply('callout-route', (documents) => {
        documents.splice(
          documents.findIndex(({ kind }) => kind === 'SecurityPolicy'),
          1,
        );
      });
      await eventually(async () => {
        const { headers } = await reachControl();
        expect(headers['content-type']).toBe('application/vnd.envoy-token-broker.routes');
      }, MILLISECONDS);
    });
  });
});

describe("a Gateway with a route for callouts to a control whose certificate has another's name", () => {
  const gateway = useGateway(withCalloutRoute(new ControlCertificates('another.default.svc.cluster.local')));

  test('refuses every request', async () => {
    const answer = await gateway().send({ headers: credentials(gateway().identityProvider.clients.first) });
    expect(answer).toMatchObject({ status: 503, body: 'token broker unavailable\n' });
    expect(gateway().backend.requests).toEqual([]);
  });
});
