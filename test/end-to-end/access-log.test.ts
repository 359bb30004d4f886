import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { holdTokenRequests, PATIENT } from '../support/gate.ts';
import { CLIENT_CREDENTIALS } from '../support/policy-file.ts';
import { useDeployment } from '../support/use-deployment.ts';

describe("Envoy's access log", () => {
  const deployment = useDeployment({
    concurrency: 1,
    plugin: { ...PATIENT.plugin, maximumWaiters: 1 },
    policy: {
      unmatched: 'pass',
      issuer: { timeout: '30s' },
      entries: [
        { id: 'orders', match: { pathPrefix: '/orders' }, ...CLIENT_CREDENTIALS },
        { id: 'internal', match: { pathPrefix: '/orders/internal' }, action: 'deny' },
      ],
    },
  });

  test('says who answered and why, and nothing that could be secret', async () => {
    const { identityProvider, secrets } = deployment();
    const { clients, scopes } = identityProvider;
    const expected = new Map<string, object>();
    const send = async (path: string, headers: Record<string, string>, status: number, details: string) => {
      const answer = await deployment().send({ path, headers });
      expect(answer.status).toBe(status);
      expected.set(answer.headers['x-request-id'] ?? '', { status, details, path: path.split('?')[0] });
    };
    const query = secrets.plant('a value in a query', 'planted-in-a-query');
    const wrong = { ...clients.first, secret: secrets.plant('a wrong secret', 'planted-wrong') };
    await send(`/orders/1?key=${query}`, credentials(clients.first), 200, 'via_upstream');
    await send('/orders', credentials(wrong), 401, 'token_broker_denied');
    await send('/orders', { 'x-client-id': 'i'.repeat(257) }, 400, 'token_broker_input');
    await send('/orders/internal', {}, 403, 'token_broker_policy');
    await send('/orders%2finternal', {}, 400, 'token_broker_path');

    const gate = holdTokenRequests(identityProvider);
    const waiting = deployment().send({ path: '/orders', headers: credentials(clients.second) });
    await eventually(async () => expect(await deployment().counter('token_broker_waiting_requests')).toBe(1));
    await send('/orders', credentials(clients.second, scopes.first), 503, 'token_broker_overloaded');
    gate.open();
    expect((await waiting).status).toBe(200);
    await deployment().stopControl();
    await send('/orders', credentials(clients.second, scopes.first), 503, 'token_broker_unavailable');

    // Envoy writes its access log every ten seconds.
    await eventually(() => {
      const lines = deployment().envoy.log().split('\n');
      for (const [id, what] of expected) {
        const line = lines.find((each) => each.startsWith('{') && each.includes(id));
        expect(JSON.parse(line ?? '{}'), id).toMatchObject(what);
      }
    }, 30_000);
    expect(expected.size).toBe(7);
  });
});
