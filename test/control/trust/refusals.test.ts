import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ProviderConfiguration } from '../../../control/config/provider.ts';
import { createSigningKey, encodePart, signParts, signToken } from '../../../tools/tokens/signing-key.ts';
import { AUDIENCE, claimsOf, ISSUER, judge, providerOf, seconds } from './trusting.ts';

const rsa = createSigningKey('RS256');
const ec = createSigningKey('ES256');
const stranger = createSigningKey('RS256');
const header = encodePart({ alg: 'RS256', kid: 'RS256-key' });
const good = signToken(rsa, claimsOf());
const [goodHeader = '', goodPayload = '', goodSignature = ''] = good.split('.');

const publicKeyAsSecret = (algorithm: string) => {
  const input = `${encodePart({ alg: algorithm, kid: rsa.kid })}.${goodPayload}`;
  const signature = createHmac(`sha${algorithm.slice(2)}`, JSON.stringify(rsa.jwk))
    .update(input)
    .digest('base64url');
  return `${input}.${signature}`;
};

type Case = readonly [name: string, token: string, outcome: string, provider?: Partial<ProviderConfiguration>];

const cases: readonly Case[] = [
  ['a good token', good, 'accepted'],
  ['one of several audiences', signToken(rsa, claimsOf({ aud: ['other', AUDIENCE] })), 'accepted'],
  ['the only key that could be meant', signToken(rsa, claimsOf(), { kid: undefined }), 'jwt_unknown_kid'],
  // Form (RFC 7515 section 7.1)
  ['nothing', '', 'jwt_malformed'],
  ['no dots', 'token', 'jwt_malformed'],
  ['two parts', `${goodHeader}.${goodPayload}`, 'jwt_malformed'],
  ['four parts', `${good}.${goodSignature}`, 'jwt_malformed'],
  ['an encrypted token', `${goodHeader}.a.b.c.d`, 'jwt_malformed'],
  ['an empty header', `.${goodPayload}.${goodSignature}`, 'jwt_malformed'],
  ['an empty payload', signParts(rsa, header, ''), 'jwt_malformed'],
  ['no signature', `${goodHeader}.${goodPayload}.`, 'jwt_malformed'],
  ['padding', `${goodHeader}.${goodPayload}.${goodSignature}==`, 'jwt_malformed'],
  ['plain base64', `${goodHeader}.${goodPayload}.${'+/'.repeat(171)}`, 'jwt_malformed'],
  ['a space', `${goodHeader}. ${goodPayload}.${goodSignature}`, 'jwt_malformed'],
  ['a header that is not JSON', signParts(rsa, encodePart('{alg'), goodPayload), 'jwt_malformed'],
  ['a header that is an array', signParts(rsa, encodePart(['RS256']), goodPayload), 'jwt_malformed'],
  ['a header that is null', signParts(rsa, encodePart('null'), goodPayload), 'jwt_malformed'],
  ['a payload that is not JSON', signParts(rsa, header, encodePart('claims')), 'jwt_malformed'],
  ['a payload that is an array', signParts(rsa, header, encodePart([claimsOf()])), 'jwt_malformed'],
  [
    'a payload that is not UTF-8',
    signParts(rsa, header, Buffer.from('{"a":"\xff"}', 'latin1').toString('base64url')),
    'jwt_malformed',
  ],
  [
    'a header with a byte order mark',
    signParts(rsa, encodePart('\ufeff{"alg":"RS256"}'), goodPayload),
    'jwt_malformed',
  ],
  // Header
  ['no alg', signToken(rsa, claimsOf(), { alg: undefined }), 'jwt_malformed'],
  ['an alg that is a number', signParts(rsa, encodePart({ alg: 256, kid: rsa.kid }), goodPayload), 'jwt_malformed'],
  ['a kid that is a number', signToken(rsa, claimsOf(), { kid: 1 }), 'jwt_malformed'],
  ['a kid that is an object', signToken(rsa, claimsOf(), { kid: {} }), 'jwt_malformed'],
  ['an unknown critical header', signToken(rsa, claimsOf(), { crit: ['exp'], exp: 1 }), 'jwt_critical_header'],
  ['an empty crit', signToken(rsa, claimsOf(), { crit: [] }), 'jwt_critical_header'],
  [
    'a crit as deep as fits',
    signParts(rsa, encodePart(`{"alg":"RS256","crit":${'['.repeat(5600)}${']'.repeat(5600)}}`), goodPayload),
    'jwt_critical_header',
  ],
  ['crit: b64', signToken(rsa, claimsOf(), { crit: ['b64'], b64: true }), 'jwt_critical_header'],
  ['b64 without crit', signToken(rsa, claimsOf(), { b64: false }), 'jwt_critical_header'],
  ['another kid', signToken(rsa, claimsOf(), { kid: 'other' }), 'jwt_unknown_kid'],
  ['a kid of an object member', signToken(rsa, claimsOf(), { kid: '__proto__' }), 'jwt_unknown_kid'],
  ['an empty kid', signToken(rsa, claimsOf(), { kid: '' }), 'jwt_unknown_kid'],
  ['an embedded key', signToken(stranger, claimsOf(), { jwk: stranger.jwk }), 'jwt_bad_signature'],
  ['a key by URL', signToken(stranger, claimsOf(), { jku: 'https://evil.example/keys' }), 'jwt_bad_signature'],
  // Algorithm
  ['alg none', `${encodePart({ alg: 'none' })}.${goodPayload}.`, 'jwt_malformed'],
  [
    'alg none with a signature',
    signParts(rsa, encodePart({ alg: 'none', kid: rsa.kid }), goodPayload),
    'jwt_algorithm_refused',
  ],
  ['alg NONE', signParts(rsa, encodePart({ alg: 'NONE', kid: rsa.kid }), goodPayload), 'jwt_algorithm_refused'],
  ['HS256 with the public key as secret', publicKeyAsSecret('HS256'), 'jwt_algorithm_refused'],
  ['HS384 with the public key as secret', publicKeyAsSecret('HS384'), 'jwt_algorithm_refused'],
  ['HS512 with the public key as secret', publicKeyAsSecret('HS512'), 'jwt_algorithm_refused'],
  [
    'rs256 in lower case',
    signParts(rsa, encodePart({ alg: 'rs256', kid: rsa.kid }), goodPayload),
    'jwt_algorithm_refused',
  ],
  ['PS256, which must be asked for', signToken(rsa, claimsOf(), { alg: 'PS256' }), 'jwt_algorithm_refused'],
  ['an algorithm that the provider does not use', good, 'jwt_algorithm_refused', { algorithms: ['ES256'] }],
  ['RS512 with a key for RS256', signToken(rsa, claimsOf(), { alg: 'RS512' }), 'jwt_key_mismatch'],
  [
    'RS256 with an EC key',
    signParts(ec, encodePart({ alg: 'RS256', kid: ec.kid }), goodPayload, 'ES256'),
    'jwt_key_mismatch',
  ],
  [
    'ES256 with an RSA key',
    signParts(rsa, encodePart({ alg: 'ES256', kid: rsa.kid }), goodPayload, 'RS256'),
    'jwt_key_mismatch',
  ],
  [
    'ES384 with a P-256 key',
    signParts(ec, encodePart({ alg: 'ES384', kid: ec.kid }), goodPayload, 'ES384'),
    'jwt_key_mismatch',
  ],
  // Signature
  ["a stranger's signature", signToken(stranger, claimsOf()), 'jwt_bad_signature'],
  [
    "another token's signature",
    `${goodHeader}.${encodePart(claimsOf({ sub: 'eve' }))}.${goodSignature}`,
    'jwt_bad_signature',
  ],
  ['a cut signature', `${goodHeader}.${goodPayload}.${goodSignature.slice(0, 300)}`, 'jwt_bad_signature'],
  // Times (RFC 7519 section 4.1)
  ['no exp', signToken(rsa, claimsOf({ exp: undefined })), 'jwt_no_expiry'],
  ['an exp of null', signToken(rsa, claimsOf({ exp: null })), 'jwt_no_expiry'],
  ['an exp that is text', signToken(rsa, claimsOf({ exp: `${seconds(300)}` })), 'jwt_malformed'],
  ['an exp that is true', signToken(rsa, claimsOf({ exp: true })), 'jwt_malformed'],
  [
    'an absurd exp',
    signParts(rsa, header, encodePart(`{"iss":"${ISSUER}","aud":"orders","exp":1e300}`)),
    'jwt_malformed',
  ],
  ['a negative exp', signToken(rsa, claimsOf({ exp: -1 })), 'jwt_expired'],
  ['an exp within the skew', signToken(rsa, claimsOf({ exp: seconds(-59) })), 'accepted'],
  ['an exp past the skew', signToken(rsa, claimsOf({ exp: seconds(-60) })), 'jwt_expired'],
  ['an exp of now, without skew', signToken(rsa, claimsOf({ exp: seconds() })), 'jwt_expired', { clockSkew: 0 }],
  [
    'an exp of the next second, without skew',
    signToken(rsa, claimsOf({ exp: seconds(1) })),
    'accepted',
    { clockSkew: 0 },
  ],
  ['an nbf within the skew', signToken(rsa, claimsOf({ nbf: seconds(60) })), 'accepted'],
  ['an nbf past the skew', signToken(rsa, claimsOf({ nbf: seconds(61) })), 'jwt_not_yet_valid'],
  ['an nbf that is text', signToken(rsa, claimsOf({ nbf: 'now' })), 'jwt_malformed'],
  ['an iat in the future', signToken(rsa, claimsOf({ iat: seconds(61) })), 'jwt_issued_in_future'],
  [
    'an iat in the future that nobody looks at',
    signToken(rsa, claimsOf({ iat: seconds(61) })),
    'accepted',
    { checkIssuedAt: false },
  ],
  ['an iat that is text', signToken(rsa, claimsOf({ iat: 'now' })), 'jwt_malformed'],
  // Issuer and audience
  ['no iss', signToken(rsa, claimsOf({ iss: undefined })), 'jwt_wrong_issuer'],
  ['another iss', signToken(rsa, claimsOf({ iss: `${ISSUER}/` })), 'jwt_wrong_issuer'],
  ['an iss that is an array', signToken(rsa, claimsOf({ iss: [ISSUER] })), 'jwt_malformed'],
  ['an iss where none is asked for', signToken(rsa, claimsOf({ iss: 'any' })), 'accepted', { issuers: [] }],
  ['one of several issuers', good, 'accepted', { issuers: ['https://other.example', ISSUER] }],
  ['no aud', signToken(rsa, claimsOf({ aud: undefined })), 'jwt_wrong_audience'],
  ['another aud', signToken(rsa, claimsOf({ aud: 'Orders' })), 'jwt_wrong_audience'],
  ['an empty aud', signToken(rsa, claimsOf({ aud: [] })), 'jwt_wrong_audience'],
  ['an aud with a number in it', signToken(rsa, claimsOf({ aud: [AUDIENCE, 1] })), 'jwt_malformed'],
  ['an aud that is an object', signToken(rsa, claimsOf({ aud: { orders: true } })), 'jwt_malformed'],
  ['no aud where none is asked for', signToken(rsa, claimsOf({ aud: undefined })), 'accepted', { audiences: [] }],
  // Type (RFC 9068 section 2.1)
  ['a typ on demand', signToken(rsa, claimsOf(), { typ: 'at+jwt' }), 'accepted', { type: 'at+jwt' }],
  ['a typ with its prefix', signToken(rsa, claimsOf(), { typ: 'application/AT+JWT' }), 'accepted', { type: 'at+jwt' }],
  ['another typ', good, 'jwt_wrong_type', { type: 'at+jwt' }],
  ['no typ', signToken(rsa, claimsOf(), { typ: undefined }), 'jwt_wrong_type', { type: 'at+jwt' }],
  ['a typ that is a number', signToken(rsa, claimsOf(), { typ: 1 }), 'jwt_malformed'],
  // Size
  ['a token of the largest size', good, 'accepted', { maximumBytes: good.length }],
  ['a token one byte larger', good, 'jwt_too_large', { maximumBytes: good.length - 1 }],
  ['a token over 16 KiB', signToken(rsa, claimsOf({ groups: 'g'.repeat(16_384) })), 'jwt_too_large'],
];

test.each(cases.map((one) => ({ name: one[0], outcome: one[2], one })))('$name: $outcome', async ({ one }) => {
  const [, token, outcome, changes = {}] = one;
  expect(await judge(providerOf([rsa, ec], changes), token)).toBe(outcome);
});
