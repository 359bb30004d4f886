import { expect, test } from 'vitest';
import type { RequiredClaim } from '../../../control/config/provider.ts';
import { createSigningKey, signToken } from '../../../tools/tokens/signing-key.ts';
import { authenticate, claimsOf, judge, providerOf } from './trusting.ts';

const key = createSigningKey();
const claims = claimsOf({
  groups: ['orders-readers', 'staff'],
  scope: 'read write',
  email_verified: true,
  level: 3,
  realm_access: { roles: ['admin'], level: { name: 'high' } },
  'https://example.com/tenant': 'acme',
  empty: null,
});

const cases: readonly (readonly [rule: RequiredClaim, holds: boolean])[] = [
  [{ claim: 'groups', rule: 'present' }, true],
  [{ claim: 'absent', rule: 'present' }, false],
  [{ claim: 'empty', rule: 'present' }, false],
  [{ claim: 'constructor', rule: 'present' }, false],
  [{ claim: 'realm_access.__proto__', rule: 'present' }, false],
  [{ claim: 'groups.0', rule: 'present' }, false],
  [{ claim: 'level', rule: 'equals', value: 3 }, true],
  [{ claim: 'level', rule: 'equals', value: '3' }, false],
  [{ claim: 'email_verified', rule: 'equals', value: true }, true],
  [{ claim: 'realm_access.level.name', rule: 'equals', value: 'high' }, true],
  [{ claim: 'https://example.com/tenant', rule: 'equals', value: 'acme' }, true],
  [{ claim: 'groups', rule: 'equals', value: 'staff' }, false],
  [{ claim: 'sub', rule: 'oneOf', values: ['bob', 'alice'] }, true],
  [{ claim: 'sub', rule: 'oneOf', values: ['bob'] }, false],
  [{ claim: 'groups', rule: 'contains', value: 'staff' }, true],
  [{ claim: 'groups', rule: 'contains', value: 'sta' }, false],
  [{ claim: 'realm_access.roles', rule: 'contains', value: 'admin' }, true],
  [{ claim: 'scope', rule: 'contains', value: 'write' }, true],
  [{ claim: 'scope', rule: 'contains', value: 'writ' }, false],
];

test.each(cases)('%o: %s', async (rule, holds) => {
  const provider = providerOf([key], { requiredClaims: [rule] });
  expect(await judge(provider, signToken(key, claims))).toBe(holds ? 'accepted' : 'jwt_claim_refused');
});

test('every rule must hold', async () => {
  const requiredClaims = cases.filter(([, holds]) => holds).map(([rule]) => rule);
  expect(await judge(providerOf([key], { requiredClaims }), signToken(key, claims))).toBe('accepted');
  const more: RequiredClaim[] = [...requiredClaims, { claim: 'sub', rule: 'equals', value: 'bob' }];
  expect(await judge(providerOf([key], { requiredClaims: more }), signToken(key, claims))).toBe('jwt_claim_refused');
});

test("the log learns the rule and not the claim's value", async () => {
  const requiredClaims: RequiredClaim[] = [{ claim: 'email', rule: 'equals', value: 'a@example.com' }];
  const token = signToken(key, claimsOf({ email: 'personal@example.com' }));
  const verdict = await authenticate([providerOf([key], { requiredClaims })], token);
  expect(verdict.kind === 'refused' && String(verdict.error.cause)).toBe(
    'Error: provider provider: email: equals does not hold',
  );
});
