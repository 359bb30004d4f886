import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials, type Deployment } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

/** Control keeps a fifth of it as a margin, and refreshes at three quarters of the rest: after four seconds. */
const LIFETIME_SECONDS = 8;

/** Notes how long each request's token was still good for when the backend had it, in ms. */
function watchTokens({ backend }: Deployment): { left: number[]; tokens: Set<string> } {
  const seen = { left: [] as number[], tokens: new Set<string>() };
  backend.answer(({ headers }) => {
    const token = String(headers.authorization).replace('Bearer ', '');
    seen.left.push((decodeJwt(token).exp ?? 0) * 1000 - Date.now());
    seen.tokens.add(token);
    return { status: 200 };
  });
  return seen;
}

describe('under steady load, tokens that live for seconds', () => {
  const deployment = useDeployment({ tokenLifetimeSeconds: LIFETIME_SECONDS });

  test('are refreshed ahead: no request fails, and none carries an expired one', async () => {
    const { identityProvider } = deployment();
    const seen = watchTokens(deployment());
    const headers = credentials(identityProvider.clients.first);
    expect((await deployment().send({ headers })).status).toBe(200);
    const statuses = new Set<number>();
    while (seen.tokens.size < 3) {
      const answers = await Promise.all([1, 2, 3, 4].map(() => deployment().send({ headers })));
      for (const { status } of answers) statuses.add(status);
    }
    expect([...statuses]).toEqual([200]);
    expect(Math.min(...seen.left)).toBeGreaterThan(0);
    expect(identityProvider.requests()).toBe(3);
    await eventually(async () => {
      expect(await deployment().counter('token_broker_refreshes')).toBeGreaterThanOrEqual(2);
    });
    // Nobody waited for a refresh: each worker may have met the key for the first time, and that is all.
    expect(await deployment().counter('token_broker_misses')).toBeLessThanOrEqual(2);
  }, 60_000);
});

describe('in an outage, tokens that live for seconds', () => {
  const deployment = useDeployment({ tokenLifetimeSeconds: LIFETIME_SECONDS });

  test.each([
    {
      outage: 'control is down',
      begin: () => deployment().stopControl(),
      end: () => deployment().startControl(),
    },
    {
      outage: 'the issuer cannot be reached',
      begin: async () => deployment().identityProvider.disturb({ hangsUp: true }),
      end: async () => deployment().identityProvider.disturb(undefined),
    },
  ])(
    'are served until their end and not longer when $outage; then comes 503, and recovery',
    async (parts) => {
      const { backend, identityProvider } = deployment();
      const client = parts.outage.startsWith('control') ? 'first' : 'second';
      const headers = credentials(identityProvider.clients[client]);
      const seen = watchTokens(deployment());
      expect((await deployment().send({ headers })).status).toBe(200);
      const stale = await deployment().counter('token_broker_stale_served');
      await parts.begin();
      const statuses: number[] = [];
      while (statuses.at(-1) !== 503) statuses.push((await deployment().send({ headers })).status);
      expect(new Set(statuses)).toEqual(new Set([200, 503]));
      expect(seen.tokens.size).toBe(1);
      expect(Math.min(...seen.left)).toBeGreaterThan(0);
      await eventually(async () =>
        expect(await deployment().counter('token_broker_stale_served')).toBeGreaterThan(stale),
      );

      const received = backend.requests.length;
      const refused = await deployment().send({ headers });
      expect(refused.status).toBe(503);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect(backend.requests.length).toBe(received);

      await parts.end();
      await eventually(async () => expect((await deployment().send({ headers })).status).toBe(200), 20_000);
      expect(seen.tokens.size).toBe(2);
      expect(Math.min(...seen.left)).toBeGreaterThan(0);
    },
    60_000,
  );
});
