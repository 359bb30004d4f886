import { expect, test } from 'vitest';
import { Secret } from '../../../control/secret.ts';
import { createSigningKey, keySetOf, signToken } from '../../../tools/tokens/signing-key.ts';
import { authenticate, authenticatorFor, claimsOf, outcomeOf, providerOf, remoteAt, seconds } from './trusting.ts';

const [first, second] = [createSigningKey('ES256'), createSigningKey('RS256')];
const one = providerOf([first], { name: 'one', issuers: ['https://one.example'] });
const two = providerOf([second], { name: 'two', issuers: ['https://two.example'] });
const down = {
  ...one,
  keys: { local: undefined, remote: remoteAt('http://127.0.0.1:1/keys') },
};

test('a verified token comes with its provider, claims, payload and its own exp', async () => {
  const claims = claimsOf({ iss: 'https://two.example', exp: seconds(120) + 0.5 });
  const token = signToken(second, claims);
  expect(await authenticate([one, two], token)).toEqual({
    kind: 'verified',
    token: { provider: 'two', claims, payload: token.split('.')[1], expiresAt: seconds(120) * 1000 },
  });
});

test("one provider's keys never verify another's tokens", async () => {
  const token = signToken(first, claimsOf({ iss: 'https://two.example' }));
  expect(outcomeOf(await authenticate([one, two], token))).toBe('jwt_unknown_kid');
  const sameKid = signToken(
    { ...first, kid: second.kid, algorithm: 'ES256' },
    claimsOf({ iss: 'https://two.example' }),
  );
  expect(outcomeOf(await authenticate([one, two], sameKid))).toBe('jwt_key_mismatch');
});

test('the refusal is that of the provider whose token it is', async () => {
  const expired = signToken(first, claimsOf({ iss: 'https://one.example', exp: seconds(-3600) }));
  for (const order of [
    [one, two],
    [two, one],
  ]) {
    const verdict = await authenticate(order, expired);
    expect(outcomeOf(verdict)).toBe('jwt_expired');
    expect(verdict.kind === 'refused' && String(verdict.error.cause)).toContain('provider one');
  }
});

test('a provider without keys is no reason to refuse for good', async () => {
  const token = signToken(first, claimsOf({ iss: 'https://one.example' }));
  const verdict = await authenticate([two, down], token);
  expect(verdict).toMatchObject({ kind: 'refused', error: { code: 'jwt_keys_unavailable', status: 503 } });
  expect(verdict.kind === 'refused' && verdict.error.retryAfter).toBeGreaterThanOrEqual(1);
});

test("another provider's token never has a key set fetched", async () => {
  const asked: URL[] = [];
  const fetch = async (url: URL) => {
    asked.push(url);
    return new Response('', { status: 503 });
  };
  const authenticator = authenticatorFor([down, two], { fetch });
  const ask = (token: string) => authenticator.authenticate(['one', 'two'], new Secret(token));
  expect(outcomeOf(await ask(signToken(second, claimsOf({ iss: 'https://two.example' }))))).toBe('accepted');
  expect(outcomeOf(await ask(signToken(first, claimsOf({ iss: 'https://none.example' }))))).toBe('jwt_wrong_issuer');
  expect(asked).toEqual([]);
  await authenticator.close();
});

test('a refusal is remembered for 10 s, and never past the moment at which it ends', async () => {
  const rememberAtMost = async (claims: Record<string, unknown>) => {
    const verdict = await authenticate([one], signToken(first, claimsOf({ iss: 'https://one.example', ...claims })));
    return verdict.kind === 'refused' ? verdict.rememberAtMost : undefined;
  };
  expect(await rememberAtMost({ exp: seconds(-3600) })).toBe(10_000);
  expect(await rememberAtMost({ nbf: seconds(64) })).toBe(4000);
  expect(await rememberAtMost({ nbf: seconds(3600) })).toBe(10_000);
});

test('a restart while the issuer is down falls back to the local key set', async () => {
  const provider = { ...down, keys: { ...down.keys, local: keySetOf(first) } };
  const token = signToken(first, claimsOf({ iss: 'https://one.example' }));
  expect(outcomeOf(await authenticate([provider], token))).toBe('accepted');
});

test('a key set of the operator that cannot be used is an error at start, which says why', () => {
  const local = JSON.stringify({ keys: [{ ...first.jwk, use: 'enc' }] });
  expect(() => authenticatorFor([{ ...one, keys: { remote: undefined, local } }])).toThrow(
    'providers.one.jwks: the key set holds no usable key (key "ES256-key": use is not sig); give a JWK Set',
  );
});

test('keys of the operator that are not used are told of', async () => {
  const skipped: unknown[] = [];
  const local = JSON.stringify({ keys: [first.jwk, { kty: 'oct', k: 'c2VjcmV0', kid: 'hmac' }] });
  const authenticator = authenticatorFor([{ ...one, keys: { remote: undefined, local } }], {
    observer: { skipped: (...event) => skipped.push(event) },
  });
  expect(skipped).toEqual([['one', ['key "hmac": it is a private or symmetric key']]]);
  await authenticator.close();
});

test('nothing is fetched before the first second is over, also when it is to be prefetched', async () => {
  const asked: URL[] = [];
  const fetch = async (url: URL) => {
    asked.push(url);
    return new Response(keySetOf(first));
  };
  const remote = remoteAt('http://keys.example', { prefetch: true });
  const authenticator = authenticatorFor([{ ...one, keys: { remote, local: undefined } }], { fetch });
  expect(asked).toEqual([]);
  authenticator.refreshIfDue();
  expect(asked).toHaveLength(1);
  await authenticator.close();
});

test('the observer learns the provider and the outcome', async () => {
  const judged: unknown[] = [];
  const authenticator = authenticatorFor([one, two], { observer: { judged: (...event) => judged.push(event) } });
  const ask = (token: string) => authenticator.authenticate(['one', 'two'], new Secret(token));
  await ask(signToken(second, claimsOf({ iss: 'https://two.example' })));
  await ask(signToken(second, claimsOf({ iss: 'https://two.example', exp: seconds(-3600) })));
  await ask('garbage');
  expect(judged).toEqual([
    ['two', 'accepted'],
    ['two', 'jwt_expired'],
    ['', 'jwt_malformed'],
  ]);
  await authenticator.close();
});
