import { describe, expect, test } from 'vitest';
import type { AuthenticateDocument } from '../../../control/config/provider-document.ts';
import type { Booted } from '../boot.ts';
import { CALLERS, check, decide, start, tokenFor } from './jwt-callers.ts';

const bearer = (token: string) => ({ 'x-broker-key-authorization': `Bearer ${token}` });

describe('a caller with a good token', () => {
  test("gets the issuer's token in place of its own", async () => {
    const booted = start();
    const answer = await check(booted, { authorization: `Bearer ${tokenFor(booted)}` });
    expect(answer?.statusCode).toBe(200);
    expect(answer?.headers.authorization).toBe('Bearer token-1-of-broker');
  });

  test('a decision lives until the JWT expires, no skew added', async () => {
    const booted = start();
    const exp = Math.floor(booted.clock.now() / 1000) + 20;
    const answer = await decide(booted, bearer(tokenFor(booted, { exp })));
    expect(answer?.headers['token-broker-cache-control']).toBe(
      'max-age=14, stale-while-revalidate=5, stale-if-error=5',
    );
    booted.clock.advance(30_000);
    const late = await decide(booted, bearer(tokenFor(booted, { exp })));
    expect(late?.statusCode).toBe(200);
    expect(late?.headers).not.toHaveProperty('token-broker-cache-control');
  });

  test('a decision lives for the maximum decision age at most', async () => {
    const booted = start({ ...CALLERS, maximumDecisionAge: '1m' });
    const answer = await decide(booted, bearer(tokenFor(booted)));
    expect(answer?.headers['token-broker-cache-control']).toBe(
      'max-age=45, stale-while-revalidate=15, stale-if-error=15',
    );
  });

  test('goes on without a token of ours where the entry is pass', async () => {
    const booted = start({ ...CALLERS, claimToHeaders: [{ claim: 'sub', header: 'x-user' }] }, { kind: 'pass' });
    const answer = await decide(booted, bearer(tokenFor(booted)));
    expect(answer?.statusCode).toBe(200);
    expect(answer?.headers['x-inject-x-user']).toBe('alice');
    expect(answer?.headers).not.toHaveProperty('x-inject-authorization');
    expect(answer?.headers['token-broker-cache-control']).toBe(
      'max-age=225, stale-while-revalidate=75, stale-if-error=75',
    );
    expect(booted.tokenRequests).toEqual([]);
  });
});

describe('refusals', () => {
  test('a missing token gets 401 without an error code', async () => {
    const answer = await check(start());
    expect([answer?.statusCode, answer?.body]).toEqual([401, 'unauthorized\n']);
    expect(answer?.headers['www-authenticate']).toBe('Bearer realm="token-broker"');
  });

  test('a refused token gets 401 invalid_token, whose reason only the log knows, and 10 s', async () => {
    const booted = start();
    const answer = await decide(booted, bearer(tokenFor(booted, { aud: 'payments' })));
    expect([answer?.statusCode, answer?.body]).toEqual([401, 'unauthorized\n']);
    expect(answer?.headers['www-authenticate']).toBe('Bearer realm="token-broker", error="invalid_token"');
    expect(answer?.headers['token-broker-cache-control']).toBe('max-age=10');
    expect(booted.log()).toContain('"code":"jwt_wrong_audience"');
    expect(booted.tokenRequests).toEqual([]);
  });

  test('a refusal ends no later than nbf', async () => {
    const booted = start();
    const nbf = Math.floor(booted.clock.now() / 1000) + 63;
    const answer = await decide(booted, bearer(tokenFor(booted, { nbf })));
    expect(answer?.headers['token-broker-cache-control']).toBe('max-age=3');
  });

  test('a token without the scopes gets 403 and learns which', async () => {
    const booted = start({ ...CALLERS, requiredScopes: ['read', 'write'] });
    const answer = await check(booted, { authorization: `Bearer ${tokenFor(booted, { scope: 'read' })}` });
    expect([answer?.statusCode, answer?.body]).toEqual([403, 'forbidden\n']);
    expect(answer?.headers['www-authenticate']).toBe(
      'Bearer realm="token-broker", error="insufficient_scope", scope="read write"',
    );
    for (const claims of [{ scope: 'write read' }, { scp: ['read', 'write'] }, { scp: 'read write' }]) {
      const good = await check(booted, { authorization: `Bearer ${tokenFor(booted, claims)}` });
      expect(good?.statusCode).toBe(200);
    }
  });

  test('a claim that is not as it must be gets 403', async () => {
    const booted = start(CALLERS, { provider: { requiredClaims: [{ claim: 'groups', contains: 'staff' }] } });
    const refused = await check(booted, { authorization: `Bearer ${tokenFor(booted, { groups: ['guests'] })}` });
    expect(refused?.statusCode).toBe(403);
    expect(refused?.headers['www-authenticate']).toBe('Bearer realm="token-broker", error="insufficient_scope"');
    const good = await check(booted, { authorization: `Bearer ${tokenFor(booted, { groups: ['staff'] })}` });
    expect(good?.statusCode).toBe(200);
  });

  test('a token that came twice, or is too long, gets 401', async () => {
    const booted = start();
    const twice = await decide(booted, { 'x-broker-key-authorization': [`Bearer ${tokenFor(booted)}`, 'Bearer x'] });
    const long = await decide(booted, bearer('x'.repeat(16_385)));
    expect([twice?.statusCode, long?.statusCode]).toEqual([401, 401]);
    expect(booted.log()).toMatch(/"code":"jwt_malformed".*more than once[\s\S]*"code":"jwt_too_large"/);
  });
});

describe('callers without a token', () => {
  const ALLOW: AuthenticateDocument = { ...CALLERS, allowMissing: true };

  test('may pass where the entry says so, and never with a token of ours', async () => {
    const booted = start(ALLOW);
    const answer = await decide(booted);
    expect(answer?.statusCode).toBe(200);
    expect(answer?.headers).not.toHaveProperty('x-inject-authorization');
    expect(booted.tokenRequests).toEqual([]);
    const metrics = await booted.admin?.inject({ url: '/metrics' });
    expect(metrics?.body).toContain('token_broker_unauthenticated_total{route="default",code="jwt_missing"} 1');
  });

  test('with a bad one they may not, unless the entry says that too', async () => {
    const bad = (booted: Booted) => bearer(tokenFor(booted, { aud: 'payments' }));
    const strict = start(ALLOW);
    expect((await decide(strict, bad(strict)))?.statusCode).toBe(401);
    const lenient = start({ ...CALLERS, allowMissingOrFailed: true });
    const answer = await decide(lenient, bad(lenient));
    expect(answer?.statusCode).toBe(200);
    expect(answer?.headers).not.toHaveProperty('x-inject-authorization');
    expect(answer?.headers['token-broker-cache-control']).toBe('max-age=7, stale-while-revalidate=3, stale-if-error=3');
    expect(lenient.tokenRequests).toEqual([]);
    const metrics = await lenient.admin?.inject({ url: '/metrics' });
    expect(metrics?.body).toContain('token_broker_unauthenticated_total{route="default",code="jwt_wrong_audience"} 1');
  });
});
