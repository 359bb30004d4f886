import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BrokerError } from '../../../control/errors.ts';
import { type Booted, type BootOptions, boot, routeReference } from '../boot.ts';

let booted: Booted;
let route: string;

async function start(options?: BootOptions) {
  await booted?.close();
  booted = boot(options);
  route = await routeReference(booted);
}

async function decide(headers: Record<string, string | string[]> = {}) {
  const answer = await booted.filter?.inject({ method: 'POST', url: '/v1/decide', headers });
  if (answer === undefined) {
    throw new Error('the filter listener is off');
  }
  return answer;
}

const KEYS = { 'x-broker-key-x-client-id': 'app', 'x-broker-key-x-client-secret': 'app-secret' };
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

beforeEach(() => start());
afterEach(() => booted.close());

describe('/v1/routes', () => {
  test('gives the table with its revision, and 304 to who holds it', async () => {
    const answer = await booted.filter?.inject({ url: '/v1/routes' });
    const revision = String(answer?.headers['x-broker-revision']);
    expect(revision).toMatch(/^[0-9a-f]{64}$/);
    expect(answer?.headers).toMatchObject({
      etag: `"${revision}"`,
      'content-type': 'application/vnd.envoy-token-broker.routes',
      'cache-control': 'no-store',
    });
    expect(answer?.rawPayload.subarray(0, 4).toString()).toBe('TBR1');
    for (const tags of [`"${revision}"`, `W/"${revision}"`, `"other", "${revision}"`, '*']) {
      const again = await booted.filter?.inject({ url: '/v1/routes', headers: { 'if-none-match': tags } });
      expect([again?.statusCode, again?.body, again?.headers['x-broker-revision']]).toEqual([304, '', revision]);
    }
    const other = await booted.filter?.inject({ url: '/v1/routes', headers: { 'if-none-match': '"other"' } });
    expect(other?.statusCode).toBe(200);
  });
});

describe('/v1/decide', () => {
  test('allows with the token, its digest and how long it may be used', async () => {
    const answer = await decide({ ...KEYS, 'x-broker-route': route });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'x-broker-decision': 'allow',
      'x-broker-route': route,
      'x-inject-authorization': 'Bearer token-1-of-app',
      'x-broker-token-digest': sha256('token-1-of-app'),
      'cache-control': 'no-store',
      // 300 s, less the margin of 30 s, of which three quarters pass before a refresh.
      'token-broker-cache-control': 'max-age=202, stale-while-revalidate=68, stale-if-error=68',
    });
    expect(answer.headers['x-broker-revision']).toMatch(/^[0-9a-f]{64}$/);
    expect(answer.headers).not.toHaveProperty('authorization');
  });

  test('forbids to use an answer again when the operator switched caching off', async () => {
    await start({ environment: { CACHE_MAX_ENTRIES: '0' } });
    const allow = await decide({ ...KEYS, 'x-broker-route': route });
    const deny = await decide({ 'x-broker-route': route });
    expect([allow.statusCode, deny.statusCode]).toEqual([200, 401]);
    expect(allow.headers).not.toHaveProperty('token-broker-cache-control');
    expect(deny.headers).not.toHaveProperty('token-broker-cache-control');
  });

  test('denies with all that the client must see, and says how long to remember it', async () => {
    await start({ issuer: () => new BrokerError('credentials_rejected') });
    const missing = await decide({ 'x-broker-route': route });
    expect([missing.statusCode, missing.body]).toEqual([401, 'missing credentials\n']);
    expect(missing.headers).toMatchObject({
      'x-broker-decision': 'deny',
      'x-broker-route': route,
      'www-authenticate': 'Bearer realm="token-broker"',
      'content-type': 'text/plain; charset=utf-8',
      'token-broker-cache-control': 'max-age=60',
    });
    const rejected = await decide({ ...KEYS, 'x-broker-route': route });
    expect([rejected.statusCode, rejected.body]).toEqual([401, 'token request failed\n']);
    expect(rejected.headers).toMatchObject({
      'www-authenticate': 'Bearer realm="token-broker", error="invalid_token"',
      'token-broker-cache-control': 'max-age=10',
    });
    booted.clock.advance(6500);
    const remembered = await decide({ ...KEYS, 'x-broker-route': route });
    expect(remembered.headers['token-broker-cache-control']).toBe('max-age=3');
    expect(booted.tokenRequests).toHaveLength(1);
  });

  test('never lets trouble be remembered', async () => {
    for (const code of ['issuer_unavailable', 'issuer_busy', 'issuer_refused', 'invalid_token_response'] as const) {
      await start({ issuer: () => new BrokerError(code, code === 'issuer_busy' ? { retryAfter: 7 } : {}) });
      const answer = await decide({ ...KEYS, 'x-broker-route': route });
      expect(answer.headers['x-broker-decision']).toBe('deny');
      expect(answer.headers).not.toHaveProperty('token-broker-cache-control');
      const expected = { issuer_unavailable: '1', issuer_busy: '7' }[code as string];
      expect(answer.headers['retry-after']).toBe(expected);
    }
  });

  test.each([`default@${'0'.repeat(64)}`, `other@${'0'.repeat(64)}`])('knows no route %s', async (asked) => {
    const answer = await decide({ ...KEYS, 'x-broker-route': asked });
    expect(answer.statusCode).toBe(409);
    expect(answer.headers).toMatchObject({ 'x-broker-decision': 'unknown-route', 'x-broker-route': asked });
    expect(answer.headers['x-broker-revision']).toMatch(/^[0-9a-f]{64}$/);
    expect(booted.tokenRequests).toEqual([]);
  });

  test('gives no decision without one well-formed route', async () => {
    for (const asked of ['', 'default', `default@${'A'.repeat(64)}`, `${route} `.repeat(2), [route, route]]) {
      const answer = await decide({ ...KEYS, 'x-broker-route': asked });
      expect(answer.statusCode).toBe(400);
      expect(answer.headers).not.toHaveProperty('x-broker-decision');
    }
  });

  test('reads nothing but the key inputs', async () => {
    const answer = await decide({ 'x-client-id': 'app', 'x-client-secret': 'app-secret', 'x-broker-route': route });
    expect([answer.statusCode, answer.body]).toEqual([401, 'missing credentials\n']);
  });

  test('replaces the token that the backend refused, and only that one', async () => {
    const first = await decide({ ...KEYS, 'x-broker-route': route });
    const rejected = String(first.headers['x-broker-token-digest']);
    const ask = (digest: string) => decide({ ...KEYS, 'x-broker-route': route, 'x-broker-rejected': digest });
    expect((await ask('0'.repeat(64))).headers['x-inject-authorization']).toBe('Bearer token-1-of-app');
    expect((await ask('no digest')).headers['x-inject-authorization']).toBe('Bearer token-1-of-app');
    expect((await ask(rejected)).headers['x-inject-authorization']).toBe('Bearer token-2-of-app');
    expect((await ask(rejected)).headers['x-inject-authorization']).toBe('Bearer token-2-of-app');
    expect(booted.tokenRequests).toHaveLength(2);
  });

  test('says which method is right', async () => {
    const answers = [
      await booted.filter?.inject({ url: '/v1/decide?x' }),
      await booted.filter?.inject({ method: 'PUT', url: '/v1/routes' }),
      await booted.admin?.inject({ method: 'POST', url: '/metrics' }),
    ];
    expect(answers.map((answer) => [answer?.statusCode, answer?.body, answer?.headers.allow])).toEqual([
      [405, 'method not allowed\n', 'POST'],
      [405, 'method not allowed\n', 'GET'],
      [405, 'method not allowed\n', 'GET'],
    ]);
  });

  test('does not repeat a URL that it cannot read', async () => {
    for (const server of [booted.check, booted.filter, booted.admin]) {
      const answer = await server?.inject({ url: '/planted%zz' });
      expect([answer?.statusCode, answer?.body]).toEqual([400, 'bad request\n']);
      expect(answer?.headers['content-type']).toBe('text/plain; charset=utf-8');
    }
  });

  test.each(['/check', '/healthz', '/metrics', '/v1', '/'])('knows no %s', async (url) => {
    const answer = await booted.filter?.inject({ url, headers: { 'x-client-id': 'a', 'x-client-secret': 'b' } });
    expect(answer?.statusCode).toBe(404);
    expect(answer?.headers).not.toHaveProperty('x-broker-decision');
  });
});
