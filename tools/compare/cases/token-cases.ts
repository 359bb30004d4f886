import { createHmac } from 'node:crypto';
import { createSigningKey, encodePart, keySetOf, signParts, signToken } from '../../tokens/signing-key.ts';
import { bearer, type Case, type Scenario, type Surroundings, seconds } from '../case.ts';

const rsa = createSigningKey('RS256', { kid: 'rsa' });
const ec = createSigningKey('ES256', { kid: 'ec' });
const ec384 = createSigningKey('ES384', { kid: 'ec384' });
const ec512 = createSigningKey('ES512', { kid: 'ec512' });
const anyRsa = createSigningKey('RS256', { kid: 'any-rsa', jwk: { alg: undefined, use: undefined } });
const stranger = createSigningKey('RS256', { kid: 'rsa' });
const PUBLISHED = [rsa, ec, ec384, ec512, anyRsa];

const claims = (changes: object = {}) => ({ iss: 'one', aud: 'orders', sub: 'alice', exp: seconds(600), ...changes });
const good = signToken(rsa, claims());
const [head = '', payload = '', signature = ''] = good.split('.');
const withClaims = (name: string, changes: object, differs?: Case['differs']): Case => ({
  name,
  headers: bearer(signToken(rsa, claims(changes))),
  ...(differs && { differs }),
});
const withHeader = (name: string, changes: Record<string, unknown>, differs?: Case['differs']): Case => ({
  name,
  headers: bearer(signToken(rsa, claims(), changes)),
  ...(differs && { differs }),
});
const withToken = (name: string, token: string, differs?: Case['differs']): Case => ({
  name,
  headers: bearer(token),
  ...(differs && { differs }),
});
const rawPayload = (text: string | Buffer) =>
  signParts(rsa, head, typeof text === 'string' ? encodePart(text) : text.toString('base64url'));
const rawHeader = (text: string) => signParts(rsa, encodePart(text), payload);

const STRICTER = { peer: 200, ours: 401 } as const;

/** The same bytes, spelt with other unused bits at the end. */
function respelt(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet[alphabet.indexOf(token.at(-1) ?? '') ^ 1];
  return token.slice(0, -1) + last;
}

function hmac(algorithm: string): string {
  const input = `${encodePart({ alg: algorithm, kid: 'rsa' })}.${payload}`;
  return `${input}.${createHmac(`sha${algorithm.slice(2)}`, JSON.stringify(rsa.jwk))
    .update(input)
    .digest('base64url')}`;
}

const form: readonly Case[] = [
  { name: 'no header', headers: {} },
  { name: 'an empty header', headers: { authorization: '' } },
  { name: 'the scheme alone', headers: { authorization: 'Bearer' } },
  { name: 'the scheme and a blank', headers: { authorization: 'Bearer ' } },
  { name: 'a good token', headers: bearer(good) },
  { name: 'the scheme in lower case', headers: { authorization: `bearer ${good}` } },
  { name: 'the scheme in upper case', headers: { authorization: `BEARER ${good}` } },
  { name: 'no scheme', headers: { authorization: good } },
  { name: 'several blanks after the scheme', headers: { authorization: `Bearer   ${good}` } },
  { name: 'another scheme', headers: { authorization: `Basic ${good}` } },
  { name: 'the header twice', headers: { authorization: [`Bearer ${good}`, `Bearer ${good}`] }, differs: STRICTER },
  { name: 'POST', method: 'POST', headers: bearer(good) },
  withToken('text', 'token'),
  withToken('two parts', `${head}.${payload}`),
  withToken('four parts', `${good}.${signature}`),
  withToken('five parts, as encrypted tokens have', `${good}.a.b`),
  withToken('an empty header part', `.${payload}.${signature}`),
  withToken('an empty payload', signParts(rsa, head, '')),
  withToken('an empty signature', `${head}.${payload}.`),
  withToken('padded base64', `${head}.${payload}.${signature}==`),
  withToken('plain base64 characters', `${head}.${payload}.${'+/'.repeat(171)}`),
  withToken('a blank within', `${head}. ${payload}.${signature}`),
  withToken('unused bits of the signature set', respelt(good), STRICTER),
  withToken('a header that is not JSON', rawHeader('{alg')),
  withToken('a header that is an array', rawHeader('["RS256"]')),
  withToken('a header that is null', rawHeader('null')),
  withToken('a header that is a text', rawHeader('"RS256"')),
  withToken('a payload that is not JSON', rawPayload('claims')),
  withToken('a payload that is an array', rawPayload('[]')),
  withToken('a payload that is null', rawPayload('null')),
  withToken('a payload with more after it', rawPayload(`${JSON.stringify(claims())} {}`)),
];

const header: readonly Case[] = [
  withHeader('no typ', { typ: undefined }),
  withHeader('typ at+jwt', { typ: 'at+jwt' }),
  withHeader('cty', { cty: 'JWT' }),
  withHeader('no alg', { alg: undefined }),
  withHeader('no kid, and several keys', { kid: undefined }),
  withHeader('an empty kid', { kid: '' }),
  withHeader('a kid of null', { kid: null }),
  withHeader('a kid that is a number', { kid: 1 }),
  withHeader('an unknown kid', { kid: 'other' }),
  withHeader('the kid of another key', { kid: 'any-rsa' }),
  withHeader('crit, unknown', { crit: ['x'], x: 1 }, STRICTER),
  withHeader('crit, empty', { crit: [] }, STRICTER),
  withHeader('crit and b64', { crit: ['b64'], b64: true }, STRICTER),
  withToken('alg none', `${encodePart({ alg: 'none' })}.${payload}.`),
  withToken('alg none, signed', signParts(rsa, encodePart({ alg: 'none', kid: 'rsa' }), payload)),
  withToken('alg None', signParts(rsa, encodePart({ alg: 'None', kid: 'rsa' }), payload)),
  withToken('alg rs256', signParts(rsa, encodePart({ alg: 'rs256', kid: 'rsa' }), payload)),
  withToken('HS256 with the public key', hmac('HS256')),
  withToken('HS384 with the public key', hmac('HS384')),
  withToken('HS512 with the public key', hmac('HS512')),
  withToken('PS256', signToken(anyRsa, claims(), { alg: 'PS256' })),
  withToken('RS384 with a key without alg', signToken(anyRsa, claims(), { alg: 'RS384' })),
  withToken('RS512 with a key without alg', signToken(anyRsa, claims(), { alg: 'RS512' })),
  withHeader('RS512 with a key for RS256', { alg: 'RS512' }),
  withToken('ES256', signToken(ec, claims())),
  withToken('ES384', signToken(ec384, claims())),
  withToken('ES512', signToken(ec512, claims())),
  withToken('ES256 with an RSA key', signParts(rsa, encodePart({ alg: 'ES256', kid: 'rsa' }), payload, 'RS256')),
  withToken('RS256 with an EC key', signParts(ec, encodePart({ alg: 'RS256', kid: 'ec' }), payload, 'ES256')),
  withToken('ES384 with a P-256 key', signParts(ec, encodePart({ alg: 'ES384', kid: 'ec' }), payload, 'ES384')),
  withToken("a stranger's signature", signToken(stranger, claims())),
  withToken('an embedded key', signToken(stranger, claims(), { jwk: stranger.jwk })),
  withToken("another payload's signature", `${head}.${encodePart(claims({ sub: 'eve' }))}.${signature}`),
  withToken('a cut signature', `${head}.${payload}.${signature.slice(0, 300)}`),
];

const payloads: readonly Case[] = [
  withClaims('no exp', { exp: undefined }),
  withClaims('exp of null', { exp: null }),
  withClaims('exp as text', { exp: '9999999999' }),
  withClaims('exp past by 1 s', { exp: seconds(-1) }),
  withClaims('exp past by an hour', { exp: seconds(-3600) }),
  withClaims('exp of 0', { exp: 0 }),
  withClaims('a negative exp', { exp: -5 }),
  withClaims('exp with a fraction', { exp: seconds(600) + 0.5 }),
  withClaims('exp in a thousand years', { exp: seconds(3e10) }),
  withToken('EXP in upper case only', signToken(rsa, { iss: 'one', aud: 'orders', EXP: seconds(600) }), STRICTER),
  withClaims('nbf past', { nbf: seconds(-10) }),
  withClaims('nbf in 5 minutes', { nbf: seconds(300) }),
  withClaims('nbf as text', { nbf: 'now' }),
  withClaims('nbf of null', { nbf: null }),
  withClaims('iat in an hour', { iat: seconds(3600) }),
  withClaims('iat as text', { iat: 'now' }),
  withClaims('another allowed iss', { iss: 'two' }),
  withClaims('an unknown iss', { iss: 'three' }),
  withClaims('iss in another case', { iss: 'One' }),
  withClaims('no iss', { iss: undefined }),
  withClaims('an empty iss', { iss: '' }),
  withClaims('iss as a number', { iss: 1 }),
  withClaims('iss as an array', { iss: ['one'] }),
  withClaims('another allowed aud', { aud: 'billing' }),
  withClaims('an array of aud', { aud: ['x', 'orders'] }),
  withClaims('an unknown aud', { aud: 'x' }),
  withClaims('no aud', { aud: undefined }),
  withClaims('an empty array of aud', { aud: [] }),
  withClaims('aud with a number in it', { aud: ['orders', 1] }),
  withClaims('aud as an object', { aud: { orders: true } }),
  withClaims('a part of an aud', { aud: 'order' }),
  withClaims('a token of 6 KiB', { groups: 'g'.repeat(4200) }),
  withClaims('a token over 16 KiB', { groups: 'g'.repeat(12_300) }, { peer: 431, ours: 401 }),
];

/** One key set, with issuers and audiences. */
export function tokenScenario({ publish }: Surroundings): Scenario {
  const environment = {
    JWKS_URL: publish('tokens', keySetOf(...PUBLISHED)),
    JWT_ISSUER: 'one,two',
    JWT_AUDIENCE: 'orders, billing',
  };
  return { name: 'one key set', environment, cases: [...form, ...header, ...payloads] };
}
