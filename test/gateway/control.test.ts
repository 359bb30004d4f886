import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { useGateway } from '../support/gateway/use-gateway.ts';
import { CLIENT_CREDENTIALS, type Policy } from '../support/policy-file.ts';

/** The filter asks for its table every two seconds, and Envoy Gateway takes a few for a changed file. */
const MILLISECONDS = 30_000;

const OPEN: Policy = { unmatched: 'deny', entries: [{ id: 'all', ...CLIENT_CREDENTIALS }] };
const CLOSED: Policy = {
  unmatched: 'deny',
  entries: [
    { id: 'all', ...CLIENT_CREDENTIALS },
    { id: 'orders', match: { pathPrefix: '/orders' }, action: 'deny' },
  ],
};

describe('a Gateway whose control goes and comes', () => {
  const gateway = useGateway({ policy: () => OPEN });
  const clients = () => gateway().identityProvider.clients;

  test('serves what is remembered and refuses all else with 503, and recovers', async () => {
    const { backend, identityProvider } = gateway();
    const remembered = credentials(clients().first, identityProvider.scopes.first);
    const other = credentials(clients().second, identityProvider.scopes.second);
    expect((await gateway().send({ headers: remembered })).status).toBe(200);
    await gateway().stopControl();
    expect((await gateway().send({ headers: remembered })).status).toBe(200);
    const received = backend.requests.length;
    const refused = await gateway().send({ headers: other });
    expect(refused).toMatchObject({ status: 503, body: 'token broker unavailable\n' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(backend.requests.length).toBe(received);
    await gateway().startControl();
    await eventually(async () => expect((await gateway().send({ headers: other })).status).toBe(200), MILLISECONDS);
  });

  test("refuses what is not remembered while Envoy does not have control's cluster", async () => {
    const { backend, envoyGateway, identityProvider } = gateway();
    const headers = credentials(clients().second, identityProvider.scopes.first);
    envoyGateway.remove('callout-cluster');
    await eventually(async () => {
      const unknown = await gateway().send({ headers: { ...headers, 'x-client-secret': 'unknown' } });
      expect(unknown).toMatchObject({ status: 503, body: 'token broker unavailable\n' });
    }, MILLISECONDS);
    const received = backend.requests.length;
    expect((await gateway().send({ headers })).status).toBe(503);
    expect(backend.requests.length).toBe(received);
    gateway().apply('callout-cluster');
    await eventually(async () => expect((await gateway().send({ headers })).status).toBe(200), MILLISECONDS);
  });

  test('follows a changed policy within seconds, and what it denies reaches the backend no more', async () => {
    const { backend } = gateway();
    const send = () => gateway().send({ path: '/orders', headers: credentials(clients().first) });
    await eventually(async () => expect((await send()).status).toBe(200), MILLISECONDS);
    await gateway().stopControl();
    await gateway().startControl(CLOSED);
    // Each worker asks for the route table by itself.
    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, send));
      for (const answer of answers) expect(answer).toMatchObject({ status: 403, body: 'policy denied\n' });
    }, MILLISECONDS);
    const received = backend.requests.length;
    for (let i = 0; i < 20; i++) expect((await send()).status).toBe(403);
    expect(backend.requests.length).toBe(received);
    expect((await gateway().send({ path: '/invoices', headers: credentials(clients().first) })).status).toBe(200);
  });
});
