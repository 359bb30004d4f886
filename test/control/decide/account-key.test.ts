import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ServiceAccountTokenRequest } from '../../../control/decide/ports.ts';
import { tokenKey } from '../../../control/decide/token-key.ts';

const KEY = Buffer.alloc(32, 1);

// Few letters, so that fields often run into each other.
const text = fc.string({ unit: fc.constantFrom('a', 'b', '\0'), maxLength: 3 });
const account = fc.record({ namespace: text, name: text });
const request: fc.Arbitrary<ServiceAccountTokenRequest> = fc
  .record({
    issuer: text,
    account,
    audiences: fc.array(text, { maxLength: 3 }),
    expirationSeconds: fc.constantFrom(600, 6000),
    caller: fc.record({ source: text, account, uid: text }),
  })
  .map((parts) => ({
    ...{ grant: 'kubernetes', ...parts, clientSecret: undefined, scope: undefined },
    clientId: `system:serviceaccount:${parts.account.namespace}:${parts.account.name}`,
  }));

test('two requests for tokens of accounts share a key only if everything in them is equal', () => {
  fc.assert(
    fc.property(request, request, text, text, (one, other, digest, otherDigest) => {
      const isSame = JSON.stringify([one, digest]) === JSON.stringify([other, otherDigest]);
      expect(tokenKey(KEY, one, digest) === tokenKey(KEY, other, otherDigest)).toBe(isSame);
      expect(tokenKey(KEY, { ...one }, digest)).toBe(tokenKey(KEY, one, digest));
    }),
    { numRuns: 5000 },
  );
});

test('one field after another makes another key', () => {
  const [sample] = fc.sample(request, { numRuns: 1, seed: 7 });
  if (sample === undefined) throw new Error('there is no sample');
  const { caller } = sample;
  const changes: Partial<ServiceAccountTokenRequest>[] = [
    ...[{ issuer: 'z' }, { account: { namespace: 'z', name: 'z' } }, { audiences: [...sample.audiences, 'z'] }],
    ...[{ expirationSeconds: 999 }, { caller: { ...caller, source: 'z' } }, { caller: { ...caller, uid: 'z' } }],
    { caller: { ...caller, account: { namespace: 'z', name: 'z' } } },
  ];
  const keys = [{}, ...changes].map((change) => tokenKey(KEY, { ...sample, ...change }, 'digest'));
  expect(new Set(keys).size).toBe(keys.length);
});
