import { describe, expect, test } from 'vitest';
import { auditLine } from '../../../control/audit/line.ts';
import { type Decision, PASS } from '../../../control/decide/decision.ts';
import { refuse } from '../../../control/decide/refuse.ts';
import { BrokerError } from '../../../control/errors.ts';
import { Secret } from '../../../control/secret.ts';
import { issuerAt } from '../mint/minting.ts';

const DIGEST = 'f'.repeat(64);
const ALLOW: Decision = {
  ...PASS,
  inject: new Map([['authorization', new Secret('planted-token')]]),
  tokenDigest: DIGEST,
  freshness: { maxAge: 60, staleWhileRevalidate: 30, staleIfError: 90 },
};

function lineOf(decision: Decision, way = 'filter', claims = ['iss', 'sub', 'client_id', 'azp']) {
  const extraParameters = new Map([['audience', 'orders']]);
  const issuers = new Map([['dex', issuerAt('https://dex.example/token', { extraParameters })]]);
  const event = { decision, way, route: 'orders', requestId: 'request-1', traceId: undefined };
  const line = auditLine(event, new Date(0), { issuers, claims });
  expect(line).toMatch(/^[^\n]+\n$/);
  expect(line).not.toContain('planted');
  return JSON.parse(line);
}

function callerWith(claims: Record<string, unknown>): Decision {
  return { ...ALLOW, caller: { provider: 'callers', claims, payload: 'planted-payload', expiresAt: 0 } };
}

describe('a line', () => {
  test('says what was decided for which request, and for how long that holds', () => {
    expect(lineOf(ALLOW)).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      requestId: 'request-1',
      way: 'filter',
      route: 'orders',
      decision: 'allow',
      tokenDigest: 'f'.repeat(16),
      reusableForSeconds: 150,
    });
    expect(lineOf(ALLOW, 'check').reusableForSeconds).toBe(0);
  });

  test('says why a request was refused', () => {
    const cause = new Error('planted');
    const deny = refuse(new BrokerError('missing_credentials', { cause }), { remember: true, format: 'plain' });
    expect(lineOf(deny)).toMatchObject({
      decision: 'deny',
      status: 401,
      code: 'missing_credentials',
      reusableForSeconds: 60,
    });
  });

  test("says whom a token was asked of and for what, the operator's own audience too", () => {
    const asked = { issuer: 'dex', grant: 'client_credentials', clientId: 'app', scope: 'read', audiences: ['stock'] };
    expect(lineOf({ ...ALLOW, asked })).toMatchObject({
      issuer: 'dex',
      grant: 'client_credentials',
      clientId: 'app',
      scope: 'read',
      audiences: ['stock', 'orders'],
    });
  });
});

describe('on whose behalf', () => {
  test('is told by the allowed claims alone', () => {
    const line = lineOf(callerWith({ iss: 'https://issuer.example', sub: 'alice', email: 'planted@example.com' }));
    expect(line).toMatchObject({ provider: 'callers', onBehalfOf: { iss: 'https://issuer.example', sub: 'alice' } });
    const chosen = lineOf(callerWith({ sub: 'planted', tenant: 7, groups: ['a', 'b'] }), 'filter', [
      'tenant',
      'groups',
    ]);
    expect(chosen.onBehalfOf).toEqual({ tenant: 7, groups: ['a', 'b'] });
  });

  test('names who acts, whoever acts now first', () => {
    const act = { sub: 'gateway', iss: 'https://a.example', email: 'planted', act: { sub: 'frontend' } };
    expect(lineOf(callerWith({ sub: 'alice', act })).actors).toEqual([
      { iss: 'https://a.example', sub: 'gateway' },
      { sub: 'frontend' },
    ]);
  });

  test.each([
    ['a text', 'planted'],
    ['an array', [{ sub: 'planted' }]],
    ['null', null],
  ])('leaves out an act claim that is %s', (_what, act) => {
    expect(lineOf(callerWith({ sub: 'alice', act })).actors).toBeUndefined();
  });

  test('is bounded, whatever a token holds', () => {
    let act: object = { sub: 'first' };
    for (let depth = 0; depth < 100; depth++) act = { sub: 'x'.repeat(5000), act };
    const many = Array.from({ length: 1000 }, () => 'y'.repeat(5000));
    const line = lineOf(callerWith({ sub: 'z'.repeat(100_000), azp: many, client_id: { sub: 'planted' }, act }));
    expect(line.actors).toHaveLength(8);
    expect(line.onBehalfOf.client_id).toBeUndefined();
    expect(JSON.stringify(line).length).toBeLessThan(6000);
  });

  test('takes nothing from the prototype', () => {
    expect(lineOf(callerWith({}), 'filter', ['constructor', 'toString']).onBehalfOf).toEqual({});
  });
});
