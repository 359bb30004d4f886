import { afterAll, expect, test } from 'vitest';
import { document, startKeySetServer } from '../../../tools/tokens/key-set-server.ts';
import { createSigningKey, keySetOf, signToken } from '../../../tools/tokens/signing-key.ts';
import { boot } from '../boot.ts';

const key = createSigningKey('ES256');
const keys = await startKeySetServer(document(keySetOf(key)));
afterAll(() => keys.stop());

const booted = boot({
  environment: {
    JWKS_URL: `${keys.url}/keys`,
    ALLOW_INSECURE_DEX_URL: 'true',
    STATIC_CLIENT_ID: 'a',
    STATIC_CLIENT_SECRET: 'b',
  },
});
afterAll(() => booted.close());

const check = async (token: string) =>
  (await booted.check?.inject({ url: '/check', headers: { authorization: `Bearer ${token}` } }))?.statusCode;
const tokenOf = (header: Record<string, unknown> = {}) =>
  signToken(key, { exp: Math.floor(booted.clock.now() / 1000) + 600 }, header);

test('verdicts, lookups, fetches, ages and the share of 401 are counted, by what the operator named', async () => {
  expect(await check(tokenOf())).toBe(200);
  expect(await check(tokenOf())).toBe(200);
  expect(await check(tokenOf({ kid: 'planted-kid' }))).toBe(401);
  expect(await check('planted-token')).toBe(401);
  booted.clock.advance(90_000);
  const { body = '' } = (await booted.admin?.inject({ url: '/metrics' })) ?? {};
  const samples = [
    'token_broker_jwt_verdicts_total{provider="jwks-1",outcome="accepted"} 2',
    'token_broker_jwt_verdicts_total{provider="jwks-1",outcome="jwt_unknown_kid"} 1',
    'token_broker_jwt_verdicts_total{provider="jwks-1",outcome="jwt_malformed"} 1',
    'token_broker_jwks_lookups_total{provider="jwks-1",result="fetch"} 1',
    'token_broker_jwks_lookups_total{provider="jwks-1",result="hit"} 1',
    'token_broker_jwks_lookups_total{provider="jwks-1",result="cooldown"} 1',
    'token_broker_jwks_fetches_total{provider="jwks-1",outcome="fetched"} 1',
    'token_broker_jwks_keys{provider="jwks-1"} 1',
    'token_broker_jwks_age_seconds{provider="jwks-1"} 90',
    'token_broker_answers_total{way="check",status="200"} 2',
    'token_broker_answers_total{way="check",status="401"} 2',
  ];
  for (const sample of samples) expect(body).toContain(`${sample}\n`);
  expect(body).not.toContain('planted');
});

test('the log says why, and never shows a token', async () => {
  const token = tokenOf({ kid: 'another' });
  await check(token);
  expect(booted.log()).toMatch(/"level":"info".*"code":"jwt_unknown_kid".*provider jwks-1: kid is \\"another\\"/);
  for (const part of token.split('.')) expect(booted.log()).not.toContain(part);
});

test('a key set that cannot be fetched is a warning with the reason', async () => {
  keys.serve(document('', { location: 'https://elsewhere.example' }, 302));
  booted.clock.advance(3_600_000);
  expect(await check(tokenOf())).toBe(200);
  expect(booted.log()).toMatch(/"level":"warn".*"provider":"jwks-1".*answered 302.*a key set could not be fetched/);
});
