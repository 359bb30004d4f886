/** "Metrics" of the same reference: names, labels and buckets that dashboards and alerts are made of. */
import { describe, expect, test } from 'vitest';
import type { Respond } from '../../support/issuer-stub.ts';
import { PlantedSecrets } from '../../support/planted-secrets.ts';
import type { Booted } from '../boot.ts';
import { BEARER, entry, issued, type OriginalOptions, refused, startOriginal } from './original.ts';

const PREFLIGHT = { origin: 'https://app.example', 'access-control-request-method': 'GET' };

/** What is shown of a metric, without its buckets: labels and value. */
async function samples(app: Booted, name: string): Promise<string[]> {
  const lines = (await app.registry.metrics()).split('\n');
  return lines
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => line.slice(name.length));
}

describe('ext_authz_check_requests_total', () => {
  type Request = Parameters<Awaited<ReturnType<typeof startOriginal>>['send']>[0];
  const deny = { 'team-a/orders': [entry({ action: 'deny' })] };
  const pass = { 'team-a/orders': [entry({ action: 'pass', exchange: undefined })] };
  const unhealthy = { 'team-a/orders': [entry({ exchange: { issuerRef: 'nobody' } })] };
  test.each<readonly [string, string, Request, OriginalOptions]>([
    ['allow_exchange', 'allowed', {}, {}],
    ['allow_unmatched', 'allowed', { path: '/elsewhere' }, {}],
    ['allow_options_bypass', 'allowed', { method: 'OPTIONS', headers: PREFLIGHT }, {}],
    ['allow_pass', 'allowed', {}, { documents: pass }],
    [
      'deny_unmatched_default',
      'auth_denied',
      { path: '/elsewhere' },
      { environment: { TOKEN_EXCHANGE_DEFAULT_DENY_UNMATCHED: 'true' } },
    ],
    ['deny_explicit_policy', 'auth_denied', {}, { documents: deny }],
    ['deny_policy_unhealthy', 'system_error', {}, { documents: unhealthy }],
    ['deny_missing_bearer', 'auth_denied', { headers: {} }, {}],
    ['deny_exchange_error', 'auth_denied', {}, { respond: refused(400, { error: 'invalid_grant' }) }],
    ['deny_exchange_error', 'system_error', {}, { respond: refused(500) }],
    ['deny_exchange_error', 'auth_denied', { headers: { authorization: ['Bearer a', 'Bearer b'] } }, {}],
  ])('counts %s, %s', async (decision, result, request, options) => {
    const { app, send } = await startOriginal(options);
    await send(request);
    const labels = `{decision="${decision}",result="${result}"}`;
    expect(await samples(app, 'ext_authz_check_requests_total')).toEqual([`${labels} 1`]);
    expect(await samples(app, 'ext_authz_check_duration_seconds_count')).toEqual([`${labels} 1`]);
    expect(await samples(app, 'ext_authz_check_in_flight')).toEqual([' 0']);
  });
});

describe('ext_authz_token_exchange_requests_total', () => {
  const hangs: Respond = () => {};
  const breaksOff: Respond = (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"access');
    setTimeout(() => response.socket?.destroy(), 20);
  };
  test.each<readonly [string, string, string, Respond]>([
    ['success', 'none', '2xx', issued()],
    ['failure', 'http_status', '4xx', refused(400, { error: 'invalid_grant' })],
    ['failure', 'http_status', '5xx', refused(503)],
    ['failure', 'http_status', '3xx', refused(302, undefined, { location: '/elsewhere' })],
    ['failure', 'timeout', 'none', hangs],
    ['failure', 'transport_error', 'none', (response) => response.socket?.destroy()],
    ['failure', 'read_response', '2xx', breaksOff],
    ['failure', 'malformed_success_json', '2xx', (response) => response.end('planted')],
    ['failure', 'malformed_success_json', '2xx', (response) => response.end(' '.repeat(70_000))],
    ['failure', 'missing_access_token', '2xx', issued({ access_token: undefined })],
    ['failure', 'non_bearer_token_type', '2xx', issued({ token_type: 'mac' })],
    ['failure', 'wrong_issued_token_type', '2xx', issued({ issued_token_type: 'urn:example:other' })],
  ])('counts %s, %s, %s', async (result, kind, status, respond) => {
    const { app, send } = await startOriginal({ respond });
    await send();
    const host = 'endpoint_host="127.0.0.1"';
    const labels = `{${host},result="${result}",error_kind="${kind}",http_status_class="${status}"}`;
    expect(await samples(app, 'ext_authz_token_exchange_requests_total')).toEqual([`${labels} 1`]);
    expect(await samples(app, 'ext_authz_token_exchange_latency_seconds_count')).toEqual([`${labels} 1`]);
    expect(await samples(app, 'ext_authz_token_exchange_in_flight')).toEqual([`{${host}} 0`]);
    const timeouts = kind === 'timeout' ? [`{${host}} 1`] : [];
    expect(await samples(app, 'ext_authz_token_exchange_timeouts_total')).toEqual(timeouts);
  });

  test('counts what is sent, and not what the cache has', async () => {
    const { app, send } = await startOriginal();
    for (let i = 0; i < 3; i++) await send();
    const [count] = await samples(app, 'ext_authz_token_exchange_requests_total');
    expect(count).toMatch(/ 1$/);
  });

  test('those under way are shown', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const { app, send } = await startOriginal({
      respond: async (response, request) => {
        asked.resolve();
        await promise;
        issued()(response, request);
      },
    });
    const answer = send();
    await asked.promise;
    expect(await samples(app, 'ext_authz_check_in_flight')).toEqual([' 1']);
    expect(await samples(app, 'ext_authz_token_exchange_in_flight')).toEqual(['{endpoint_host="127.0.0.1"} 1']);
    resolve();
    await answer;
  });
});

test('the buckets are the same', async () => {
  const { app, send } = await startOriginal();
  await send();
  const text = await app.registry.metrics();
  const bounds = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"`, 'gm'))].map(([, bound]) => Number(bound));
  const check = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5];
  const exchange = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5];
  expect(bounds('ext_authz_check_duration_seconds')).toEqual([...check, Number.NaN]);
  expect(bounds('ext_authz_token_exchange_latency_seconds')).toEqual([...exchange, Number.NaN]);
});

test('labels hold nothing of the request, its token or the answer', async () => {
  const secrets = new PlantedSecrets();
  const plant = (what: string) => secrets.plant(what, `planted-${what}`);
  const { app, send } = await startOriginal({ respond: issued({ access_token: plant('exchanged') }) });
  await send({ headers: { authorization: `Bearer ${plant('subject')}`, cookie: plant('cookie') } });
  await send({ path: `/${plant('path')}?${plant('query')}`, headers: BEARER });
  await send({ host: `${plant('host')}.example` });
  expect(secrets.findIn({ metrics: await app.registry.metrics() })).toEqual([]);
});
