import { afterEach, describe, expect, test } from 'vitest';
import { BrokerError } from '../../../control/errors.ts';
import { type Booted, type BootOptions, boot, CREDENTIALS } from '../boot.ts';

let booted: Booted;

function start(options?: BootOptions) {
  booted = boot(options);
  if (booted.check === undefined) {
    throw new Error('the check listener is off');
  }
  return booted.check;
}

afterEach(() => booted.close());

describe('/check', () => {
  test('answers a client with credentials with the token that its backend wants', async () => {
    const answer = await start().inject({ url: '/check', headers: { ...CREDENTIALS, 'x-scope': 'openid' } });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.authorization).toBe('Bearer token-1-of-app');
    expect(answer.body).toBe('');
    expect(booted.tokenRequests).toMatchObject([{ clientId: 'app', scope: 'openid', issuer: 'dex' }]);
  });

  test('tells Envoy to take the credentials away from the request', async () => {
    const answer = await start().inject({ url: '/check', headers: CREDENTIALS });
    expect(answer.headers['x-envoy-auth-headers-to-remove']).toBe('x-client-id,x-client-secret,x-scope');
  });

  test('carries the headers of DexTokenBroker on every answer', async () => {
    for (const url of ['/check', '/healthz', '/elsewhere']) {
      const answer = await start().inject({ url });
      expect(answer.headers, url).toMatchObject({
        'cache-control': 'no-store',
        pragma: 'no-cache',
        'x-content-type-options': 'nosniff',
        'content-type': 'text/plain; charset=utf-8',
      });
    }
  });

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE', 'QUERY'])(
    'takes %s requests, with and without a body',
    async (method) => {
      const check = start();
      const headers = { ...CREDENTIALS, 'content-type': 'application/json; ;' };
      const request = { url: '/check/orders', headers, method: method as 'GET' };
      expect((await check.inject(request)).statusCode).toBe(200);
      expect((await check.inject({ ...request, payload: '{"broken' })).statusCode).toBe(200);
      expect((await check.inject({ ...request, headers: CREDENTIALS, payload: 'x' })).statusCode).toBe(200);
    },
  );

  test.each([
    '/check/',
    '/check/a/b',
    '/check?x=1',
    '/check/%',
    '/check/%zz',
    '/check//a',
    `/check/${'a'.repeat(9000)}`,
  ])('takes the path %.40s', async (url) => {
    expect((await start().inject({ url, headers: CREDENTIALS })).statusCode).toBe(200);
  });

  test.each(['/checks', '/', '/v1/routes', '/v1/decide', '/metrics', '/CHECK'])('knows no %s', async (url) => {
    const answer = await start().inject({ url, headers: CREDENTIALS });
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toBe('404 page not found\n');
  });

  test('refuses a body that is larger than any Envoy is told to send', async () => {
    const payload = 'x'.repeat(1024 * 1024 + 1);
    const answer = await start().inject({ url: '/check', method: 'POST', headers: CREDENTIALS, payload });
    expect(answer.statusCode).toBe(413);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  test('maps members of the token response to headers, and leaves out what cannot be one', async () => {
    const check = start({
      environment: { UPSTREAM_TOKEN_HEADERS: 'id_token:x-id, level , name:x-name,broken:x-broken,absent:x-absent' },
      issuer: () => ({ access_token: 't', expires_in: 300, id_token: 'i', level: 3, name: 'Jürgen', broken: 'a\nb' }),
    });
    const answer = await check.inject({ url: '/check', headers: { ...CREDENTIALS, 'x-absent': 'forged' } });
    expect(answer.headers).toMatchObject({ 'x-id': 'i', level: '3' });
    expect(Buffer.from(String(answer.headers['x-name']), 'latin1').toString()).toBe('Jürgen');
    expect(answer.headers).not.toHaveProperty('x-broken');
    const removed = String(answer.headers['x-envoy-auth-headers-to-remove']).split(',');
    expect(removed).toEqual(['x-client-id', 'x-client-secret', 'x-scope', 'x-broken', 'x-absent']);
  });

  test('puts the token where UPSTREAM_AUTH_HEADER says, and a mapped member may take its place', async () => {
    const environment = { UPSTREAM_AUTH_HEADER: 'X-Token', UPSTREAM_TOKEN_HEADERS: 'access_token:X-Token' };
    const plain = await start({ environment: { UPSTREAM_AUTH_HEADER: 'X-Token' } }).inject({
      url: '/check',
      headers: CREDENTIALS,
    });
    expect(plain.headers['x-token']).toBe('Bearer token-1-of-app');
    expect(plain.headers).not.toHaveProperty('authorization');
    const mapped = await start({ environment }).inject({ url: '/check', headers: CREDENTIALS });
    expect(mapped.headers['x-token']).toBe('token-1-of-app');
  });

  test.each([
    ['credentials_rejected', 401, 'token request failed\n'],
    ['issuer_refused', 502, 'token request failed\n'],
    ['invalid_token_response', 502, 'invalid token response\n'],
    ['token_response_too_large', 502, 'token response too large\n'],
    ['issuer_unavailable', 503, 'oauth provider unavailable\n'],
    ['issuer_busy', 503, 'oauth provider unavailable\n'],
  ] as const)('answers %s with %i', async (code, status, body) => {
    const check = start({ issuer: () => new BrokerError(code, { cause: new Error('the reason') }) });
    const answer = await check.inject({ url: '/check', headers: CREDENTIALS });
    expect([answer.statusCode, answer.body]).toEqual([status, body]);
    expect(answer.headers).not.toHaveProperty('authorization');
    expect('www-authenticate' in answer.headers).toBe(status === 401);
    expect('retry-after' in answer.headers).toBe(status === 503);
    expect(booted.log()).toContain('the reason');
  });

  test('answers a bug with 503 and no word about it', async () => {
    const check = start({
      issuer: () => {
        throw new Error('a bug with app-secret in it');
      },
    });
    const answer = await check.inject({ url: '/check', headers: CREDENTIALS });
    expect([answer.statusCode, answer.body]).toEqual([503, 'internal error\n']);
    expect(answer.headers['retry-after']).toBe('1');
  });

  test('works without a cache, one token request for each request', async () => {
    const check = start({ environment: { CACHE_MAX_ENTRIES: '0' } });
    await check.inject({ url: '/check', headers: CREDENTIALS });
    const answer = await check.inject({ url: '/check', headers: CREDENTIALS });
    expect(answer.headers.authorization).toBe('Bearer token-2-of-app');
  });

  test('says that it is healthy, as DexTokenBroker does', async () => {
    const answer = await start().inject({ url: '/healthz' });
    expect([answer.statusCode, answer.body]).toEqual([200, 'ok\n']);
  });
});
