import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import type { Manifest } from '../support/gateway/manifests.ts';
import { useGateway } from '../support/gateway/use-gateway.ts';

const MILLISECONDS = 30_000;
const HOST = 'orders.example';

/** A team's route, whose answers bear a mark, and the team's own EnvoyExtensionPolicy for it, whose filter does nothing. */
function routeOfTeam(mark: string, merging: object): Manifest[] {
  const metadata = { name: 'orders', namespace: 'default' };
  const add = [{ name: 'x-mark', value: mark }];
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata,
      spec: {
        parentRefs: [{ name: 'eg' }],
        hostnames: [HOST],
        rules: [
          {
            filters: [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { add } }],
            backendRefs: [{ group: 'gateway.envoyproxy.io', kind: 'Backend', name: 'backend' }],
          },
        ],
      },
    },
    {
      apiVersion: 'gateway.envoyproxy.io/v1alpha1',
      kind: 'EnvoyExtensionPolicy',
      metadata,
      spec: {
        targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', name: 'orders' }],
        // Without a processingMode it is sent nothing.
        extProc: [{ backendRefs: [{ group: 'gateway.envoyproxy.io', kind: 'Backend', name: 'backend' }] }],
        ...merging,
      },
    },
  ];
}

describe('a route with an EnvoyExtensionPolicy of its own', () => {
  const gateway = useGateway();
  const client = () => gateway().identityProvider.clients.first;
  const send = () => gateway().send({ headers: { host: HOST, ...credentials(client()) } });
  const sendOnceMarked = (mark: string) =>
    eventually(async () => expect((await send()).headers['x-mark']).toBe(mark), MILLISECONDS);

  test("loses the Gateway's filter, and its backend gets the credentials", async () => {
    gateway().envoyGateway.apply('team', routeOfTeam('alone', {}));
    await sendOnceMarked('alone');
    expect(gateway().backend.last().headers.authorization).toBeUndefined();
    expect(gateway().backend.last().headers['x-client-secret']).toBe(client().secret);
  });

  test('keeps it where the policies are merged', async () => {
    gateway().envoyGateway.apply('team', routeOfTeam('merged', { mergeType: 'StrategicMerge' }));
    await sendOnceMarked('merged');
    expect(gateway().backend.last().headers.authorization).toMatch(/^Bearer /);
    expect(gateway().backend.last().headers['x-client-secret']).toBeUndefined();
  });
});
