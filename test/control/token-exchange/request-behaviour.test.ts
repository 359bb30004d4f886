/** "Request Behavior" and "Request Policy Switches" of ext-authz-token-exchange's configuration reference. */
import { describe, expect, test } from 'vitest';
import { BEARER, entry, startOriginal } from './original.ts';

const UNCHANGED = { status: 200, body: '', headers: {} };
const DENIED = { status: 403, body: { error: 'policy_denied' }, headers: { 'content-type': 'application/json' } };
const PREFLIGHT = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
const CHALLENGED = {
  status: 401,
  body: { error: 'bearer_token_required' },
  headers: {
    'content-type': 'application/json',
    'www-authenticate': 'Bearer realm="ext-authz-token-exchange", scope="read:orders"',
  },
};

describe('Request behaviour', () => {
  test('an unmatched request passes unchanged', async () => {
    const { send } = await startOriginal();
    expect(await send({ path: '/elsewhere' })).toEqual(UNCHANGED);
    expect(await send({ path: '/elsewhere', headers: {} })).toEqual(UNCHANGED);
  });

  test('with TOKEN_EXCHANGE_DEFAULT_DENY_UNMATCHED it is refused, a preflight too', async () => {
    const { send } = await startOriginal({ environment: { TOKEN_EXCHANGE_DEFAULT_DENY_UNMATCHED: 'true' } });
    expect(await send({ path: '/elsewhere' })).toEqual(DENIED);
    expect(await send({ path: '/elsewhere', method: 'OPTIONS', headers: PREFLIGHT })).toEqual(DENIED);
    expect((await send()).status).toBe(200);
  });

  test('action deny is refused, a preflight too', async () => {
    const { send } = await startOriginal({ documents: { 'team-a/orders': [entry({ action: 'deny' })] } });
    expect(await send()).toEqual(DENIED);
    expect(await send({ method: 'OPTIONS', headers: PREFLIGHT })).toEqual(DENIED);
  });

  test.each<readonly [string, Record<string, string>]>([
    ['nothing', {}],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
    ['the scheme alone', { authorization: 'Bearer' }],
    ['no token behind it', { authorization: 'Bearer  ' }],
  ])('without a Bearer token, but %s, there is a challenge with realm and scope', async (_what, headers) => {
    const { send, issuer } = await startOriginal();
    expect(await send({ headers })).toEqual(CHALLENGED);
    expect(issuer.requests).toEqual([]);
  });

  test('where the policy has no scope the challenge has none', async () => {
    const exchange = { issuerRef: 'primary', audiences: ['orders-api'] };
    const { send } = await startOriginal({ documents: { 'team-a/orders': [entry({ exchange })] } });
    expect((await send({ headers: {} })).headers['www-authenticate']).toBe('Bearer realm="ext-authz-token-exchange"');
  });

  test('a true CORS preflight bypasses the exchange', async () => {
    const { send, issuer } = await startOriginal();
    expect(await send({ method: 'OPTIONS', headers: PREFLIGHT })).toEqual(UNCHANGED);
    expect(issuer.requests).toEqual([]);
  });

  test('but one that carries a token does not', async () => {
    const { send } = await startOriginal();
    const answer = await send({ method: 'OPTIONS', headers: { ...PREFLIGHT, ...BEARER } });
    expect(answer).toMatchObject({ status: 200, headers: { authorization: 'Bearer exchanged' } });
  });

  test.each(['origin', 'access-control-request-method'])('OPTIONS without %s is no preflight', async (name) => {
    const { send } = await startOriginal();
    expect(await send({ method: 'OPTIONS', headers: { ...PREFLIGHT, [name]: [] } })).toEqual(CHALLENGED);
  });

  test('with TOKEN_EXCHANGE_ALLOW_UNAUTHENTICATED_OPTIONS any OPTIONS without a token bypasses it', async () => {
    const { send } = await startOriginal({ environment: { TOKEN_EXCHANGE_ALLOW_UNAUTHENTICATED_OPTIONS: 'true' } });
    expect(await send({ method: 'OPTIONS', headers: {} })).toEqual(UNCHANGED);
    const answer = await send({ method: 'OPTIONS' });
    expect(answer).toMatchObject({ status: 200, headers: { authorization: 'Bearer exchanged' } });
    expect(await send({ method: 'GET', headers: {} })).toEqual(CHALLENGED);
  });

  test.each(['Bearer subject', 'bearer subject', 'BEARER   subject'])(
    '%j is exchanged, and replaced upstream',
    async (authorization) => {
      const { send, issuer } = await startOriginal();
      const answer = await send({ headers: { authorization } });
      expect(answer).toEqual({ status: 200, body: '', headers: { authorization: 'Bearer exchanged' } });
      expect(issuer.requests[0]?.form.get('subject_token')).toBe('subject');
    },
  );
});
