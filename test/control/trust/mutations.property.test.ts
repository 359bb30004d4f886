import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SIGNATURE_ALGORITHMS } from '../../../control/config/provider.ts';
import { Secret } from '../../../control/secret.ts';
import { createSigningKey, signToken } from '../../../tools/tokens/signing-key.ts';
import { authenticatorFor, claimsOf, outcomeOf, providerOf } from './trusting.ts';

const signers = (['RS256', 'ES256', 'ES512', 'PS256', 'EdDSA'] as const).map((algorithm) =>
  createSigningKey(algorithm),
);
const authenticator = authenticatorFor([providerOf(signers, { algorithms: SIGNATURE_ALGORITHMS })]);
const tokens = signers.map((signer) => signToken(signer, claimsOf()));
const outcome = async (token: string) => outcomeOf(await authenticator.authenticate(['provider'], new Secret(token)));

const anyToken = fc.constantFrom(...tokens);
const character = fc.oneof(
  fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'),
  fc.string({ minLength: 1, maxLength: 1 }),
);

test('the tokens themselves verify', async () => {
  expect(await Promise.all(tokens.map(outcome))).toEqual(tokens.map(() => 'accepted'));
});

test('no token verifies with one character changed', async () => {
  const change = fc.tuple(anyToken, fc.nat(), character);
  await fc.assert(
    fc.asyncProperty(change, async ([token, position, replacement]) => {
      const at = position % token.length;
      const changed = token.slice(0, at) + replacement + token.slice(at + 1);
      fc.pre(changed !== token);
      expect(await outcome(changed)).not.toBe('accepted');
    }),
    { numRuns: 500 },
  );
});

test('no token verifies with characters left out, put in or doubled', async () => {
  const cut = fc.tuple(anyToken, fc.nat(), fc.nat(), fc.string({ maxLength: 8 }));
  await fc.assert(
    fc.asyncProperty(cut, async ([token, from, count, inserted]) => {
      const at = from % token.length;
      const changed = token.slice(0, at) + inserted + token.slice(at + (count % 16));
      fc.pre(changed !== token);
      expect(await outcome(changed)).not.toBe('accepted');
    }),
    { numRuns: 300 },
  );
});

test('every other spelling of the last character is refused, though it decodes to the same bytes', async () => {
  for (const token of tokens) {
    const others = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];
    for (const last of others.filter((candidate) => candidate !== token.at(-1))) {
      expect(await outcome(token.slice(0, -1) + last)).not.toBe('accepted');
    }
  }
});

test('no parts of two tokens make a third', async () => {
  const parts = [...tokens, ...signers.map((signer) => signToken(signer, claimsOf({ sub: 'eve' })))].map((token) =>
    token.split('.'),
  );
  const mixed = parts.flatMap((one) => parts.map((other) => `${one[0]}.${one[1]}.${other[2]}`));
  const accepted = (await Promise.all(mixed.map(outcome))).filter((result) => result === 'accepted');
  expect(accepted).toHaveLength(parts.length);
});

test('whatever comes, the answer is a refusal and never an error', async () => {
  const anything = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(fc.base64String()).map((parts) => parts.join('.')),
  );
  await fc.assert(
    fc.asyncProperty(anything, async (text) => {
      expect(await outcome(text)).toMatch(/^jwt_/);
    }),
    { numRuns: 300 },
  );
});
