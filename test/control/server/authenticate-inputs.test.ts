import { describe, expect, test } from 'vitest';
import type { AuthenticateDocument } from '../../../control/config/provider-document.ts';
import { CALLERS, check, decide, start, tokenFor } from './jwt-callers.ts';

describe('where the token is', () => {
  const PLACES: AuthenticateDocument = {
    ...CALLERS,
    from: [{ header: 'x-token', prefix: 'Token ' }, { header: 'x-raw' }, { cookie: 'Session' }],
  };

  test.each<readonly [string, (token: string) => Record<string, string>, number]>([
    ['a header with its prefix', (token) => ({ 'x-token': `token ${token}` }), 200],
    ['a header without its prefix is not looked at', (token) => ({ 'x-token': token }), 401],
    ['a header without a prefix', (token) => ({ 'x-raw': token }), 200],
    ['a header without a prefix, which has one', (token) => ({ 'x-raw': `Bearer ${token}` }), 401],
    ['a cookie', (token) => ({ cookie: `a=b;  Session=${token}; c=d` }), 200],
    ['a cookie of another case', (token) => ({ cookie: `session=${token}` }), 401],
    ['a cookie that came twice', (token) => ({ cookie: `Session=${token}; Session=${token}` }), 401],
    ['the first place that has one counts', (token) => ({ 'x-raw': 'bad', cookie: `Session=${token}` }), 401],
    ['other white space is part of the token', (token) => ({ 'x-raw': `${token}\u00a0` }), 401],
    ['an empty header has none', (token) => ({ 'x-raw': ' ', cookie: `Session=${token}` }), 200],
  ])('%s', async (_name, headers, status) => {
    const booted = start(PLACES);
    expect((await check(booted, headers(tokenFor(booted))))?.statusCode).toBe(status);
  });

  test('the filter sends cookies as fields of their own', async () => {
    const booted = start(PLACES);
    expect((await decide(booted, { 'x-broker-cookie': `Session=${tokenFor(booted)}` }))?.statusCode).toBe(200);
    expect((await decide(booted, { cookie: `Session=${tokenFor(booted)}` }))?.statusCode).toBe(401);
  });
});

describe('what becomes of the token', () => {
  const removed = 'x-envoy-auth-headers-to-remove';

  test('it is stripped', async () => {
    const booted = start({ ...CALLERS, from: [{ header: 'x-jwt' }, { cookie: 'jwt' }] });
    const answer = await check(booted, { 'x-jwt': tokenFor(booted), cookie: 'a=b; jwt=x; c=d' });
    expect(answer?.headers[removed]).toBe('x-jwt');
    expect(answer?.headers.cookie).toBe('a=b; c=d');
    const alone = await check(booted, { cookie: `jwt=${tokenFor(booted)}` });
    expect(alone?.headers[removed]).toBe('x-jwt,cookie');
  });

  test('it is kept', async () => {
    const booted = start({ ...CALLERS, from: [{ header: 'x-jwt' }], afterwards: 'keep' });
    expect((await check(booted, { 'x-jwt': tokenFor(booted) }))?.headers).not.toHaveProperty(removed);
  });

  test("it goes on under another name, which a client's own never does", async () => {
    const booted = start({ ...CALLERS, allowMissing: true, afterwards: { forwardAs: 'X-Caller' } });
    const token = tokenFor(booted);
    expect((await check(booted, { authorization: `Bearer ${token}` }))?.headers['x-caller']).toBe(token);
    expect((await check(booted))?.headers[removed]).toBe('authorization,x-caller');
  });
});

describe('claims for the backend', () => {
  const claims = { email: 'ä@example.com', groups: ['a', 'b'], realm: { level: 3 }, bad: 'a\nb', comma: ['a,b', 'c'] };
  const claimToHeaders = [
    { claim: 'email', header: 'X-Email' },
    { claim: 'groups', header: 'x-groups' },
    { claim: 'groups', header: 'x-groups-json', format: 'json' as const },
    { claim: 'email', header: 'x-email-json', format: 'json' as const },
    { claim: 'realm.level', header: 'x-level' },
    { claim: 'realm', header: 'x-realm' },
    { claim: 'bad', header: 'x-bad' },
    { claim: 'comma', header: 'x-comma' },
    { claim: 'absent', header: 'x-absent' },
  ];

  test("are headers; the client's own copies never reach it, whether the claim is there or not", async () => {
    const booted = start({ ...CALLERS, claimToHeaders, forwardPayloadHeader: 'x-payload' });
    const token = tokenFor(booted, claims);
    const answer = await check(booted, { authorization: `Bearer ${token}`, 'x-absent': 'mine' });
    expect(answer?.headers).toMatchObject({
      'x-email': Buffer.from('ä@example.com').toString('latin1'),
      'x-groups': 'a,b',
      'x-groups-json': '["a","b"]',
      'x-email-json': '"\\u00e4@example.com"',
      'x-level': '3',
      'x-payload': token.split('.')[1],
      'x-envoy-auth-headers-to-remove': 'x-realm,x-bad,x-comma,x-absent',
    });
  });

  test('are filter state for the filter', async () => {
    const booted = start({
      ...CALLERS,
      claimToFilterState: [{ claim: 'groups', name: 'groups', format: 'json' }],
      payloadToFilterState: 'payload',
    });
    const answer = await decide(booted, { 'x-broker-key-authorization': `Bearer ${tokenFor(booted, claims)}` });
    expect(answer?.headers['x-broker-state-groups']).toBe('["a","b"]');
    expect(JSON.parse(String(answer?.headers['x-broker-state-payload']))).toMatchObject({ sub: 'alice', ...claims });
  });
});

describe("what Envoy's jwt_authn verified", () => {
  const envoyClaims = [
    { claim: 'jwt.sub', present: true as const },
    { claim: 'jwt.tenant', oneOf: ['acme', 'globex'] },
  ];

  test.each([
    [['jwt.sub=alice', 'jwt.tenant=acme'], 200],
    [['jwt.sub=alice', 'jwt.tenant=other'], 403],
    [['jwt.tenant=acme'], 401],
    [[], 401],
    [['jwt.sub=alice', 'jwt.tenant=acme', 'jwt.tenant=acme'], 403],
  ])('%o: %i', async (fields, status) => {
    const answer = await decide(start({ envoyClaims }), { 'x-broker-claim': fields });
    expect(answer?.statusCode).toBe(status);
  });

  test('never comes from a client', async () => {
    const forged = { 'x-broker-claim': 'jwt.sub=alice', 'jwt.sub': 'alice', 'x-broker-key-jwt.sub': 'alice' };
    expect((await check(start({ envoyClaims: envoyClaims.slice(0, 1) }), forged))?.statusCode).toBe(401);
  });
});
