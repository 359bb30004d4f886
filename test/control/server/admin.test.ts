import { afterEach, describe, expect, test } from 'vitest';
import { BrokerError } from '../../../control/errors.ts';
import { type Booted, boot, CREDENTIALS, routeReference } from '../boot.ts';

let booted: Booted;

afterEach(() => booted.close());

const get = async (url: string) => {
  const answer = await booted.admin?.inject({ url });
  return [answer?.statusCode, answer?.body] as const;
};

/** The samples of `/metrics`, by name and labels. */
async function metrics(): Promise<Record<string, number>> {
  const [, body] = await get('/metrics');
  const samples = (body ?? '').split('\n').filter((line) => line.startsWith('token_broker_'));
  return Object.fromEntries(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

describe('health', () => {
  test('is ready only between start and stop', async () => {
    booted = boot();
    expect(await get('/readyz')).toEqual([503, 'not ready\n']);
    booted.setReady(true);
    expect(await get('/readyz')).toEqual([200, 'ok\n']);
    expect(await get('/healthz')).toEqual([200, 'ok\n']);
    booted.setReady(false);
    expect(await get('/readyz')).toEqual([503, 'not ready\n']);
    expect(await get('/healthz')).toEqual([200, 'ok\n']);
  });

  test('has no other page', async () => {
    booted = boot();
    expect(await get('/check')).toEqual([404, '404 page not found\n']);
    expect(await get('/v1/routes')).toEqual([404, '404 page not found\n']);
  });
});

describe('/metrics', () => {
  test('counts decisions, token requests and what the store did', async () => {
    booted = boot({
      issuer: ({ clientId }) =>
        clientId === 'app' ? { access_token: 't', expires_in: 100 } : new BrokerError('credentials_rejected'),
    });
    await booted.check?.inject({ url: '/check', headers: CREDENTIALS });
    await booted.check?.inject({ url: '/check', headers: CREDENTIALS });
    for (const _again of [1, 2]) {
      await booted.check?.inject({ url: '/check', headers: { ...CREDENTIALS, 'x-client-id': 'other' } });
    }
    const headers = { 'x-broker-route': await routeReference(booted) };
    await booted.filter?.inject({ method: 'POST', url: '/v1/decide', headers });
    booted.clock.advance(70_000);
    await booted.check?.inject({ url: '/check', headers: CREDENTIALS });
    expect(await metrics()).toMatchObject({
      'token_broker_decisions_total{way="check",outcome="allow",code=""}': 3,
      'token_broker_decisions_total{way="check",outcome="deny",code="credentials_rejected"}': 2,
      'token_broker_decisions_total{way="filter",outcome="deny",code="missing_credentials"}': 1,
      'token_broker_decision_duration_seconds_count{way="check"}': 5,
      'token_broker_decisions_in_flight{way="check"}': 0,
      'token_broker_cache_lookups_total{result="hit"}': 1,
      'token_broker_cache_lookups_total{result="refresh"}': 1,
      'token_broker_cache_lookups_total{result="miss"}': 2,
      'token_broker_cache_lookups_total{result="refused"}': 1,
      'token_broker_refreshes_total{issuer="dex",outcome="token"}': 1,
      token_broker_cache_entries: 1,
      token_broker_cache_refusals: 1,
      token_broker_cache_evictions_total: 0,
      token_broker_routes: 1,
      'token_broker_build_info{version="0.0.0-test"}': 1,
    });
  });

  test('never carries what a client sent', async () => {
    booted = boot();
    await booted.check?.inject({ url: '/check/planted-path', headers: { ...CREDENTIALS, 'x-scope': 'planted-scope' } });
    const [, body] = await get('/metrics');
    expect(body).not.toMatch(/planted|app-secret|token-1/);
  });
});
