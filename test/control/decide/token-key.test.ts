import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TokenRequest } from '../../../control/decide/ports.ts';
import { digestFields, tokenKey } from '../../../control/decide/token-key.ts';
import { Secret } from '../../../control/secret.ts';

const KEY = Buffer.alloc(32, 1);

interface Parts {
  readonly issuer: string;
  readonly issuerDigest: string;
  readonly clientId: string;
  readonly secret: string | undefined;
  readonly scope: string | undefined;
}

function keyOf({ issuer, issuerDigest, clientId, secret, scope }: Parts, key = KEY): string {
  const request: TokenRequest = {
    issuer,
    grant: 'client_credentials',
    clientId,
    clientSecret: secret === undefined ? undefined : new Secret(secret),
    scope,
  };
  return tokenKey(key, request, issuerDigest);
}

// Few letters, so that fields often run into each other.
const text = fc.string({ unit: fc.constantFrom('a', 'b', '\0', ':', 'ü'), maxLength: 4 });
const parts: fc.Arbitrary<Parts> = fc.record({
  issuer: text,
  issuerDigest: text,
  clientId: text,
  secret: fc.option(text, { nil: undefined }),
  scope: fc.option(text, { nil: undefined }),
});

test('two requests share a key only if everything in them is equal', () => {
  const isSame = (one: Parts, other: Parts) =>
    (Object.keys(one) as (keyof Parts)[]).every((part) => one[part] === other[part]);
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      expect(keyOf(one) === keyOf(other)).toBe(isSame(one, other));
    }),
    { numRuns: 2000 },
  );
});

test('moving the border between two fields gives another key', () => {
  fc.assert(
    fc.property(parts, fc.nat(), (one, position) => {
      const joined = one.clientId + (one.secret ?? '');
      const at = position % (joined.length + 1);
      const moved = { ...one, clientId: joined.slice(0, at), secret: joined.slice(at) };
      fc.pre(moved.clientId !== one.clientId || moved.secret !== one.secret);
      expect(keyOf(moved)).not.toBe(keyOf(one));
    }),
  );
});

test('a key cannot be computed without the store key', () => {
  const request = { issuer: 'dex', issuerDigest: 'd', clientId: 'app', secret: 's', scope: undefined };
  expect(keyOf(request)).toMatch(/^[0-9a-f]{64}$/);
  expect(keyOf(request, Buffer.alloc(32, 2))).not.toBe(keyOf(request));
});

test('a digest of fields is HMAC-SHA-256 over each with its length in front, whatever the length of the key', () => {
  const digits = (key: Buffer) => (key.length > 32 ? createHash('sha256').update(key).digest() : key).toString('hex');
  const framed = (field: string | undefined) => (field === undefined ? '-' : `${field.length}:${field}`);
  const fields = fc.array(fc.option(fc.string({ unit: 'binary', maxLength: 200 }), { nil: undefined }), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fields, (bytes, given) => {
      const key = Buffer.from(bytes);
      const expected = createHmac('sha256', digits(key)).update(given.map(framed).join('')).digest('hex');
      expect(digestFields(key, given)).toBe(expected);
      expect(digestFields(key, given)).toBe(expected);
    }),
  );
});
