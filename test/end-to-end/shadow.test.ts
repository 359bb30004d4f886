import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chooseControlPorts, type RunningControl, startControl } from '../../tools/launch/control.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { waitForRouteTables } from '../../tools/launch/route-tables.ts';
import { credentials, type Deployment } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

/** Of Envoy. */
const WORKERS = 2;
const KINDS = ['allowed_here', 'refused_here', 'status', 'headers', 'kept'];

/** What the filter has counted so far. */
async function counted(deployment: Deployment): Promise<Record<string, number>> {
  const differences = await Promise.all(
    KINDS.map(async (kind) => [kind, await deployment.counter('token_broker_shadow_differences', { kind })] as const),
  );
  const agreed = await deployment.counter('token_broker_shadow_agreements');
  const unknown = await deployment.counter('token_broker_shadow_unknown');
  return Object.fromEntries(
    [['agreed', agreed], ['unknown', unknown], ...differences].filter(([, count]) => count !== 0),
  );
}

describe('the filter in shadow beside a broker that decides alike', () => {
  const deployment = useDeployment({ shipped: 'shadow', concurrency: WORKERS });
  beforeAll(() => waitForRouteTables(deployment().envoy.adminUrl, WORKERS));

  test('changes nothing, and agrees on hits, misses and refusals', async () => {
    const { backend, identityProvider } = deployment();
    const { first } = identityProvider.clients;
    for (let i = 0; i < 10; i++) {
      const answer = await deployment().send({ headers: credentials(first) });
      expect(answer.status).toBe(200);
      expect(backend.last().headers.authorization).toMatch(/^Bearer /);
    }
    expect((await deployment().send({ headers: credentials({ ...first, secret: 'planted-wrong' }) })).status).toBe(401);
    expect((await deployment().send()).status).toBe(401);
    // Where control answers after the backend has, the headers are gone.
    await eventually(async () => {
      const { agreed = 0, unknown = 0, ...differences } = await counted(deployment());
      expect(differences).toEqual({});
      expect(agreed + unknown).toBe(12);
      expect(agreed).toBeGreaterThanOrEqual(10);
    });
    expect(await deployment().counter('token_broker_denials')).toBe(0);
  });

  test('lets requests go on when control does not answer it', async () => {
    const { identityProvider } = deployment();
    await deployment().stopControl();
    const answer = await deployment().send({ headers: credentials(identityProvider.clients.second) });
    // That the other broker, which is this control too, cannot be reached is Envoy's own refusal.
    expect(answer).toMatchObject({ status: 503, body: '' });
    await deployment().startControl();
  });
});

describe('the filter in shadow beside a broker that decides otherwise', () => {
  let other: RunningControl;
  let otherPort = 0;
  beforeAll(async () => {
    const ports = await chooseControlPorts();
    otherPort = ports.checkPort;
  });
  afterAll(() => other?.stop());
  const deployment = useDeployment({
    shipped: 'shadow',
    concurrency: WORKERS,
    configure: (configuration) => configuration.setPort('other-broker', otherPort),
  });

  async function startOther(environment: Record<string, string>): Promise<void> {
    await other?.stop();
    const ports = await chooseControlPorts();
    const { tokenEndpoint } = deployment().identityProvider;
    const issuer = { DEX_TOKEN_URL: tokenEndpoint, ALLOW_INSECURE_DEX_URL: 'true' };
    other = await startControl({ ...issuer, ...environment }, { ...ports, checkPort: otherPort });
  }

  test('counts where it would have let through, refused, and set a header', async () => {
    await waitForRouteTables(deployment().envoy.adminUrl, WORKERS);
    const { first, second } = deployment().identityProvider.clients;
    await startOther({ STATIC_CLIENT_SECRET: 'planted-other' });
    expect((await deployment().send({ headers: credentials(first) })).status).toBe(401);
    await eventually(async () => expect(await counted(deployment())).toEqual({ allowed_here: 1 }));

    await startOther({ STATIC_CLIENT_ID: second.id, STATIC_CLIENT_SECRET: second.secret });
    expect((await deployment().send()).status).toBe(200);
    await eventually(async () => expect(await counted(deployment())).toEqual({ allowed_here: 1, refused_here: 1 }));

    await startOther({ UPSTREAM_AUTH_HEADER: 'x-elsewhere' });
    const headers = { ...credentials(first), authorization: 'Basic planted' };
    expect((await deployment().send({ headers })).status).toBe(200);
    await eventually(async () => {
      expect(await counted(deployment())).toEqual({ allowed_here: 1, refused_here: 1, headers: 1 });
    });
    expect((await deployment().written())["Envoy's log"]).toContain(
      'in shadow: we would have let through, and the request was refused with 401 (route default)',
    );
  });
});
