import { expect, test } from 'vitest';
import { SIGNATURE_ALGORITHMS } from '../../../control/config/provider.ts';
import { createSigningKey, type SigningKey, signToken } from '../../../tools/tokens/signing-key.ts';
import { claimsOf, judge, providerOf } from './trusting.ts';

const keys = new Map(SIGNATURE_ALGORITHMS.map((algorithm) => [algorithm, createSigningKey(algorithm)]));
const keyOf = (algorithm: (typeof SIGNATURE_ALGORITHMS)[number]) => keys.get(algorithm) as SigningKey;

test.each(SIGNATURE_ALGORITHMS)('%s verifies with its own key where the provider allows it', async (algorithm) => {
  const key = keyOf(algorithm);
  const provider = providerOf([key], { algorithms: [algorithm] });
  expect(await judge(provider, signToken(key, claimsOf()))).toBe('accepted');
});

test.each(SIGNATURE_ALGORITHMS)('a key for %s is of no use to any other algorithm', async (algorithm) => {
  const key = keyOf(algorithm);
  const provider = providerOf([key], { algorithms: SIGNATURE_ALGORITHMS });
  for (const other of SIGNATURE_ALGORITHMS.filter((candidate) => candidate !== algorithm)) {
    const token = signToken({ ...keyOf(other), kid: key.kid }, claimsOf());
    expect(await judge(provider, token), other).toBe('jwt_key_mismatch');
  }
});

test('an RSA key without an alg serves every RSA algorithm that the provider allows', async () => {
  const key = createSigningKey('RS256', { jwk: { alg: undefined } });
  const provider = providerOf([key], { algorithms: ['RS256', 'RS512', 'PS384'] });
  const outcomes = ['RS256', 'RS512', 'PS384', 'RS384', 'PS256'].map((alg) =>
    judge(provider, signToken(key, claimsOf(), { alg })),
  );
  expect(await Promise.all(outcomes)).toEqual([
    ...['accepted', 'accepted', 'accepted'],
    ...['jwt_algorithm_refused', 'jwt_algorithm_refused'],
  ]);
});

test('Ed25519 may be named by its curve, as RFC 9864 does', async () => {
  const key = createSigningKey('EdDSA', { jwk: { alg: 'Ed25519' } });
  expect(await judge(providerOf([key], { algorithms: ['EdDSA'] }), signToken(key, claimsOf()))).toBe('accepted');
});

test('a token without a kid is checked with the only key that could be meant', async () => {
  const [rsa, okp] = [keyOf('RS256'), keyOf('EdDSA')];
  const token = signToken(rsa, claimsOf(), { kid: undefined });
  expect(await judge(providerOf([rsa, okp]), token)).toBe('accepted');
  const both = providerOf([rsa, okp], { algorithms: ['RS256', 'EdDSA'] });
  expect(await judge(both, token)).toBe('jwt_unknown_kid');
});
