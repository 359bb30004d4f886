import { afterEach, describe, expect, test } from 'vitest';
import type { Configuration } from '../../../control/config/configuration.ts';
import type { Revocation } from '../../../control/config/revocation.ts';
import { createSigningKey, signToken } from '../../../tools/tokens/signing-key.ts';
import { type Booted, boot, CREDENTIALS } from '../boot.ts';
import { exchangeConfiguration, exchangeFile } from '../exchange-mode.ts';
import { callerToken, configurationWith } from '../jwt-mode.ts';

const open: Booted[] = [];
afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));

const client = (name: string, issuedBefore?: number): Revocation => ({
  ...{ kind: 'client', client: name, issuedBefore, setting: '', until: undefined },
});
const token = (subject: string | undefined, issuer: string | undefined, issuedBefore?: number): Revocation => ({
  ...{ kind: 'token', subject, issuer, issuedBefore, setting: '', until: undefined },
});

function start(configuration: Configuration, revocations: readonly Revocation[], accessToken = 'a-token'): Booted {
  const booted = boot({
    configuration: { ...configuration, policy: { ...configuration.policy, revocations } },
    issuer: () => ({ access_token: accessToken, expires_in: 300 }),
  });
  open.push(booted);
  return booted;
}

async function ask(booted: Booted, headers: Record<string, string>) {
  const answer = await booted.check?.inject({ url: '/check', headers });
  return { status: answer?.statusCode, body: answer?.body, challenge: answer?.headers['www-authenticate'] };
}

const key = createSigningKey();
const REVOKED = { status: 401, body: 'revoked\n', challenge: 'Bearer realm="token-broker", error="invalid_token"' };

describe('a client with credentials of its own', () => {
  const own = () =>
    exchangeConfiguration(
      JSON.stringify({
        version: 'v1',
        listeners: { check: { address: ':1' } },
        issuers: { dex: { tokenEndpoint: 'https://dex.example/token' } },
        policy: {
          entries: [
            {
              action: 'clientCredentials',
              clientCredentials: {
                issuerRef: 'dex',
                clientId: { header: 'x-client-id' },
                clientSecret: { header: 'x-client-secret' },
              },
            },
          ],
        },
      }),
    );

  test('is refused once it is revoked, and the issuer is not asked', async () => {
    const booted = start(own(), [client('app')]);
    expect(await ask(booted, CREDENTIALS)).toEqual(REVOKED);
    expect(await ask(booted, { ...CREDENTIALS, 'x-client-id': 'other' })).toMatchObject({ status: 200 });
    expect(booted.tokenRequests).toHaveLength(1);
  });

  test('is refused although its token is still held', async () => {
    const booted = start(own(), []);
    expect(await ask(booted, CREDENTIALS)).toMatchObject({ status: 200 });
    const configuration = own();
    booted.apply({ ...configuration, policy: { ...configuration.policy, revocations: [client('app')] } }, []);
    expect(await ask(booted, CREDENTIALS)).toEqual(REVOKED);
  });
});

describe("a caller's JWT", () => {
  const jwt = () => configurationWith(key, { providers: ['callers'] });
  const issuedAt = (booted: Booted) => Math.floor(booted.clock.now() / 1000) - 60;

  test.each<[string, (iat: number) => Revocation, number]>([
    ['of the subject', () => token('alice', undefined), 401],
    ['of another subject', () => token('bob', undefined), 200],
    ['of the subject at another issuer', () => token('alice', 'https://other.example'), 200],
    ['of the issuer', () => token(undefined, 'https://issuer.example'), 401],
    ['of the subject, before a later time', (iat) => token('alice', undefined, (iat + 1) * 1000), 401],
    ['of the subject, before that time', (iat) => token('alice', undefined, iat * 1000), 200],
    ['of its client', () => client('shop'), 401],
    ['of its client, before that time', (iat) => client('shop', iat * 1000), 200],
  ])('meets a revocation %s', async (_name, revocation, status) => {
    const iat = issuedAt(start(jwt(), []));
    const booted = start(jwt(), [revocation(iat)]);
    const bearer = callerToken(key, booted.clock.now(), { iat, azp: 'shop' });
    expect((await ask(booted, { authorization: `Bearer ${bearer}` })).status).toBe(status);
  });

  test('that does not say when it was issued may be an old one', async () => {
    const booted = start(jwt(), [token('alice', undefined, 1000)]);
    const bearer = callerToken(key, booted.clock.now());
    expect(await ask(booted, { authorization: `Bearer ${bearer}` })).toEqual(REVOKED);
  });

  test('is refused and not let through where those without a good token are', async () => {
    const open = configurationWith(key, { providers: ['callers'], allowMissingOrFailed: true }, { kind: 'pass' });
    const booted = start(open, [token('alice', undefined)]);
    const bearer = callerToken(key, booted.clock.now());
    expect((await ask(booted, { authorization: `Bearer ${bearer}` })).status).toBe(401);
    expect((await ask(booted, {})).status).toBe(200);
  });
});

describe('a subject that is exchanged', () => {
  const exchange = () => exchangeConfiguration(exchangeFile());

  test('is refused by what it says of itself, though nobody has verified that', async () => {
    const booted = start(exchange(), [token('alice', undefined)]);
    const subject = signToken(key, { sub: 'alice', exp: 4_000_000_000 });
    expect(await ask(booted, { authorization: `Bearer ${subject}` })).toEqual(REVOKED);
    expect(booted.tokenRequests).toEqual([]);
  });

  test('is refused when the one who acts for it is revoked', async () => {
    const file = exchangeFile({ actorToken: { header: 'x-actor' } });
    const booted = start(exchangeConfiguration(file), [token('robot', undefined)]);
    const [alice, robot, other] = ['alice', 'robot', 'other'].map((sub) => signToken(key, { sub, exp: 4_000_000_000 }));
    const asked = (actor = '') => ask(booted, { authorization: `Bearer ${alice}`, 'x-actor': actor });
    expect(await asked(robot)).toEqual(REVOKED);
    expect(booted.tokenRequests).toEqual([]);
    expect((await asked(other)).status).toBe(200);
  });

  test('is refused by what the issuer says of it, where it is opaque', async () => {
    const exchanged = signToken(key, { sub: 'alice', exp: 4_000_000_000 });
    const booted = start(exchange(), [token('alice', undefined)], exchanged);
    expect(await ask(booted, { authorization: 'Bearer opaque' })).toEqual(REVOKED);
    const another = start(exchange(), [token('bob', undefined)], exchanged);
    expect((await ask(another, { authorization: 'Bearer opaque' })).status).toBe(200);
  });
});
