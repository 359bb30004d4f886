import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenKey } from '../../../control/decide/token-key.ts';
import { Secret } from '../../../control/secret.ts';
import { exchangeRequest } from './exchange-request.ts';

const KEY = Buffer.alloc(32, 1);

// Few letters, so that fields and lists often run into each other.
const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '\0'), maxLength: 2 });
const list = fc.array(text, { maxLength: 3 });
const optional = fc.option(text, { nil: undefined });
const parts = fc.record({
  issuer: text,
  clientId: text,
  secret: optional,
  scope: optional,
  subject: text,
  subjectTokenType: text,
  requestedTokenType: optional,
  actor: optional,
  actorTokenType: optional,
  resources: list,
  audiences: list,
  extraParameters: fc.uniqueArray(fc.tuple(text, text), { maxLength: 2, selector: ([name]) => name }),
  maximumAge: fc.integer({ min: 1, max: 3 }),
});
type Parts = typeof parts extends fc.Arbitrary<infer Value> ? Value : never;

const secretOf = (value: string | undefined) => (value === undefined ? undefined : new Secret(value));

function keyOf({ secret, subject, actor, extraParameters, ...rest }: Parts): string {
  const request = exchangeRequest({
    ...rest,
    clientSecret: secretOf(secret),
    subjectToken: new Secret(subject),
    actorToken: secretOf(actor),
    extraParameters: new Map(extraParameters),
  });
  return tokenKey(KEY, request, 'digest');
}

const base: Parts = {
  ...{ issuer: 'a', clientId: 'a', secret: 'a', scope: 'a', subject: 'a', subjectTokenType: 'a' },
  ...{ requestedTokenType: 'a', actor: 'a', actorTokenType: 'a', resources: ['a'], audiences: ['a'] },
  ...{ extraParameters: [['a', 'a']], maximumAge: 1 },
};

test('two exchanges share a key only if everything in them is equal', () => {
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      expect(keyOf(one) === keyOf(other)).toBe(JSON.stringify(fields(one)) === JSON.stringify(fields(other)));
    }),
    { numRuns: 2000 },
  );
});

test('each input alone makes another key', () => {
  fc.assert(
    fc.property(parts, fc.constantFrom(...(Object.keys(base) as (keyof Parts)[])), (other, name) => {
      const changed = { ...base, [name]: other[name] };
      const isSame = JSON.stringify(fields(changed)) === JSON.stringify(fields(base));
      expect(keyOf(changed) === keyOf(base)).toBe(isSame);
    }),
    { numRuns: 2000 },
  );
});

test('a value that moves from one list or field to its neighbour makes another key', () => {
  const keys = [
    base,
    { ...base, resources: ['a', 'a'], audiences: [] },
    { ...base, resources: [], audiences: ['a', 'a'] },
    { ...base, audiences: ['a', '1', 'a', 'a'], extraParameters: [] },
    { ...base, scope: undefined, subject: 'aa' },
    { ...base, actor: undefined },
    { ...base, actor: '' },
  ].map((each) => keyOf(each as Parts));
  expect(new Set(keys).size).toBe(keys.length);
});

test('an exchange never shares a key with the credentials of its client', () => {
  const { issuer, clientId, clientSecret, scope } = exchangeRequest();
  const credentials = { issuer, clientId, clientSecret, scope, grant: 'client_credentials' } as const;
  expect(tokenKey(KEY, credentials, 'digest')).not.toBe(tokenKey(KEY, exchangeRequest(), 'digest'));
});

/** As JSON tells them apart: an absent value is not an empty one. */
function fields(each: Parts): unknown[] {
  return Object.values(each).map((value) => value ?? null);
}
