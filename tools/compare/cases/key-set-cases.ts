import { generateKeyPairSync } from 'node:crypto';
import { createSigningKey, keySetOf, type SigningKey, signToken } from '../../tokens/signing-key.ts';
import { bearer, type Case, type Scenario, type Surroundings, seconds } from '../case.ts';

const token = (key: SigningKey, claims: object = {}, header: Record<string, unknown> = {}) =>
  signToken(key, { exp: seconds(600), ...claims }, header);

const named = (kid: string, algorithm = 'RS256', jwk: Record<string, unknown> = {}) =>
  createSigningKey(algorithm, { kid, jwk });

const small = createSigningKey('RS256', { kid: 'small', bits: 1024 });
const twins = [named('twin', 'ES256'), named('twin', 'ES256')] as const;

const keys: readonly (readonly [name: string, key: SigningKey, differs?: Case['differs']])[] = [
  ['a key', named('plain')],
  ['a key without use', named('no-use', 'RS256', { use: undefined })],
  ['a key with an empty use', named('empty-use', 'RS256', { use: '' })],
  ['a key for encryption', named('encryption', 'RS256', { use: 'enc' })],
  ['a key that may verify', named('verify', 'RS256', { key_ops: ['verify'] })],
  ['a key that may not verify', named('sign', 'RS256', { key_ops: ['sign'] }), { peer: 200, ours: 401 }],
  ['an RSA key of 1024 bits', small],
  ['a key whose alg is another', named('other-alg', 'RS256', { alg: 'RS512' })],
  ['a key whose alg is an HMAC', named('hmac-alg', 'RS256', { alg: 'HS256' })],
  ['a key whose alg is for encryption', named('enc-alg', 'RS256', { alg: 'RSA-OAEP' })],
  ['a key of an unknown type', named('type', 'RS256', { kty: 'AKP' })],
  ['an RSA key without a modulus', named('modulus', 'RS256', { n: '' })],
  ['an EC key off its curve', named('off-curve', 'ES256', { y: Buffer.alloc(32, 1).toString('base64url') })],
  ['an EC key with a short coordinate', named('short', 'ES256', { x: 'AQAB' })],
  ['an EC key of another curve than its numbers', named('curve', 'ES256', { crv: 'P-384' })],
  ['an EC key', named('ec', 'ES256')],
  ['the first of two keys with one kid', twins[0]],
  ['the second of two keys with one kid', twins[1]],
  ['a key with unknown members', named('members', 'ES256', { x5t: 'abc', extra: { a: 1 } })],
];

/** A set with good and bad keys; no issuer, no audience, another header. */
export function keySetScenario({ publish }: Surroundings): Scenario {
  const ed25519 = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid: 'ed' };
  const set = JSON.parse(keySetOf(...keys.map(([, key]) => key))) as { keys: object[] };
  const url = publish('keys', JSON.stringify({ keys: [...set.keys, ed25519] }));
  const cases = keys.map(([name, key, differs]): Case => {
    return { name, headers: { 'x-jwt': token(key) }, ...(differs && { differs }) };
  });
  const [, plain = twins[0]] = keys[0] ?? [];
  const more: readonly Case[] = [
    { name: 'any issuer', headers: { 'x-jwt': token(plain, { iss: 'anyone' }) } },
    { name: 'any audience', headers: { 'x-jwt': token(plain, { aud: ['anything'] }) } },
    { name: 'an aud of a wrong type all the same', headers: { 'x-jwt': token(plain, { aud: 1 }) } },
    { name: 'an iss of a wrong type all the same', headers: { 'x-jwt': token(plain, { iss: {} }) } },
    { name: 'a token in the usual header', headers: bearer(token(plain)) },
    { name: 'a scheme in another header', headers: { 'x-jwt': `Bearer ${token(plain)}` } },
  ];
  return { name: 'good and bad keys', environment: { JWKS_URL: url, JWT_HEADER: 'X-Jwt' }, cases: [...cases, ...more] };
}

/** One key alone serves tokens without a kid. */
export function singleKeyScenario({ publish }: Surroundings): Scenario {
  const only = createSigningKey('ES256', { jwk: { kid: undefined } });
  const set = JSON.parse(keySetOf(only)) as { keys: object[] };
  const unusable = { kty: 'oct', k: 'c2VjcmV0' };
  const cases: readonly Case[] = [
    { name: 'no kid, and one usable key', headers: bearer(token(only, {}, { kid: undefined })) },
    { name: 'a kid, and a key without', headers: bearer(token(only, {}, { kid: 'x' })) },
  ];
  const environment = { JWKS_URL: publish('single', JSON.stringify({ keys: [unusable, ...set.keys] })) };
  return { name: 'one usable key', environment, cases };
}
