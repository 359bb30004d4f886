import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseKeySet } from '../../../../control/trust/keys/parse-key-set.ts';
import { createSigningKey, keySetOf } from '../../../../tools/tokens/signing-key.ts';

const good = createSigningKey('ES256', { kid: 'good' });
const ec = createSigningKey('ES256', { kid: 'bad' });
const rsa = createSigningKey('RS256', { kid: 'bad' });
const kidsOf = (text: string) => [...parseKeySet(text).keys.keys()];

const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
const secp = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' });
const x25519 = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
const ed448 = generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' });
const cut = (text: unknown) => String(text).slice(0, -2);

const unusable: readonly (readonly [name: string, jwk: unknown])[] = [
  ['an RSA key of 1024 bits', { ...small, kid: 'bad' }],
  ['an RSA exponent of 1', { ...rsa.jwk, e: 'AQ' }],
  ['an even RSA exponent', { ...rsa.jwk, e: 'BA' }],
  ['no RSA modulus', { ...rsa.jwk, n: undefined }],
  ['a curve that no algorithm uses', { ...secp, kid: 'bad' }],
  ['a point off its curve', { ...ec.jwk, y: Buffer.alloc(32, 1).toString('base64url') }],
  ['a short coordinate', { ...ec.jwk, x: cut(ec.jwk.x) }],
  ['a curve of a prototype', { ...ec.jwk, crv: 'constructor' }],
  ['a key for key agreement', { ...x25519, kid: 'bad' }],
  ['Ed448', { ...ed448, kid: 'bad' }],
  ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0', kid: 'bad' }],
  ['a private key', { ...ec.privateKey.export({ format: 'jwk' }), kid: 'bad' }],
  ['a key for encryption', { ...ec.jwk, use: 'enc' }],
  ['a key whose operations lack verify', { ...ec.jwk, key_ops: ['encrypt'] }],
  ['operations that are no array', { ...ec.jwk, key_ops: 'verify' }],
  ['an alg that does not fit the type', { ...ec.jwk, alg: 'RS256' }],
  ['an alg that does not fit the curve', { ...ec.jwk, alg: 'ES384' }],
  ['an HMAC alg on a public key', { ...rsa.jwk, alg: 'HS256' }],
  ['alg none', { ...rsa.jwk, alg: 'none' }],
  ['a kid that is a number', { ...ec.jwk, kid: 1 }],
  ['an unknown type', { ...ec.jwk, kty: 'AKP' }],
  ['null', null],
  ['text', 'key'],
];

test.each(unusable)('%s is left out, and the rest is used', (_name, jwk) => {
  const { keys, skipped } = parseKeySet(JSON.stringify({ keys: [jwk, good.jwk] }));
  expect([...keys.keys()]).toEqual(['good']);
  expect(skipped).toHaveLength(1);
});

test('of keys with one kid none is used', () => {
  const twins = [1, 2, 3].map(() => createSigningKey('ES256', { kid: 'twin' }));
  expect(kidsOf(keySetOf(...twins, good))).toEqual(['good']);
  expect(kidsOf(keySetOf(good, ...twins.slice(0, 2)))).toEqual(['good']);
});

test('of several keys without a kid none is used, and one alone is', () => {
  const nameless = [1, 2].map(() => createSigningKey('ES256', { jwk: { kid: undefined } }));
  expect(kidsOf(keySetOf(...nameless, good))).toEqual(['good']);
  expect(kidsOf(keySetOf(...nameless.slice(0, 1)))).toEqual(['']);
});

test('an unusable key does not take the kid of a usable one', () => {
  expect(kidsOf(JSON.stringify({ keys: [{ kty: 'oct', k: 'aa', kid: 'good' }, good.jwk] }))).toEqual(['good']);
});

test.each([
  ['no JSON', 'keys'],
  ['null', 'null'],
  ['an array', '[]'],
  ['keys that are an object', '{"keys":{}}'],
  ['no keys', '{"keys":[]}'],
  ['no usable key', '{"keys":[{"kty":"oct","k":"aa"}]}'],
])('%s is no key set', (_name, text) => {
  expect(() => parseKeySet(text)).toThrow(/^the key set /);
});
