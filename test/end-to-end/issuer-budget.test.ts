import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

const RATE = 5;
const BURST = 10;

describe('an issuer with a small budget', () => {
  const deployment = useDeployment({
    control: {
      ...{ ISSUER_RATE: String(RATE), ISSUER_BURST: String(BURST), ISSUER_CONCURRENCY: '2' },
      ...{ HTTP_TIMEOUT: '1s', ISSUER_BREAKER_OPEN: '3s' },
    },
  });

  test('is asked no more than that by a flood of wrong secrets, which touches nobody whose token is held', async () => {
    const { backend, identityProvider, secrets } = deployment();
    const { first } = identityProvider.clients;
    const served = async () => (await deployment().send({ headers: credentials(first) })).status;
    expect(await served()).toBe(200);
    const [asked, received, begin] = [identityProvider.requests(), backend.requests.length, performance.now()];

    const flood = Array.from({ length: 200 }, async (_, index) => {
      const secret = secrets.plant(`guess ${index}`, `planted-guess-${index}`);
      return deployment().send({ headers: credentials({ id: `attacker-${index % 20}`, secret }) });
    });
    const statuses: number[] = [];
    while (statuses.length < 50) statuses.push(await served());
    const answers = await Promise.all(flood);

    const seconds = (performance.now() - begin) / 1000;
    expect(identityProvider.requests() - asked).toBeLessThanOrEqual(BURST + RATE * seconds + 1);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(backend.requests.length).toBe(received + statuses.length);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 503]));
    const turnedAway = answers.filter(({ status }) => status === 503);
    for (const { headers } of turnedAway) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });

  test('that fails is left alone for a while, and asked again', async () => {
    const { identityProvider } = deployment();
    const { second } = identityProvider.clients;
    const breaker = async () => {
      const answer = await fetch(`${deployment().controlAdminUrl}/metrics`);
      return /token_broker_issuer_breaker_open\{.*credentials="unknown"\} (\S+)/.exec(await answer.text())?.[1];
    };
    identityProvider.disturb({ status: 500 });
    await eventually(async () => {
      await deployment().send({ headers: credentials(second) });
      expect(await breaker()).toBe('1');
    });
    const asked = identityProvider.requests();
    const answer = await deployment().send({ headers: credentials(second) });
    expect(answer).toMatchObject({ status: 503, body: 'oauth provider unavailable\n' });
    expect(identityProvider.requests()).toBeLessThanOrEqual(asked + 1);
    identityProvider.disturb(undefined);
    await eventually(async () => {
      expect((await deployment().send({ headers: credentials(second) })).status).toBe(200);
      expect(await breaker()).toBe('0');
    });
  });
});
