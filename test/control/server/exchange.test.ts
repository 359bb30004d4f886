import { describe, expect, test } from 'vitest';
import type { TokenExchangeRequest } from '../../../control/decide/ports.ts';
import { BrokerError, type ErrorCode } from '../../../control/errors.ts';
import { createSigningKey, keySetOf, signToken } from '../../../tools/tokens/signing-key.ts';
import { type Booted, type BootOptions, boot, routeReference } from '../boot.ts';
import { type ExchangeEntry, exchangeConfiguration, exchangeFile } from '../exchange-mode.ts';

const key = createSigningKey();
const PROVIDERS = {
  providers: { callers: { issuer: 'tests', audiences: ['api'], jwks: { inline: JSON.parse(keySetOf(key)) } } },
};

const start = (action: ExchangeEntry = {}, issuer?: BootOptions['issuer'], files = {}) =>
  boot({
    configuration: exchangeConfiguration(exchangeFile(action, PROVIDERS), files),
    issuer: issuer ?? ((request) => ({ access_token: `for-${subjectOf(request).length}`, expires_in: 300 })),
  });

const subjectOf = (request: object) => (request as TokenExchangeRequest).subjectToken.reveal();

/** A JWT that is good for these seconds, by the clock of control. */
const subjectFor = ({ clock }: Booted, seconds: number, claims: object = {}) =>
  signToken(key, { iss: 'tests', aud: 'api', exp: Math.floor(clock.now() / 1000) + seconds, ...claims });

async function decide(booted: Booted, authorization?: string | string[], more: Record<string, string> = {}) {
  const headers = {
    'x-broker-route': await routeReference(booted),
    ...(authorization === undefined ? {} : { 'x-broker-key-authorization': authorization }),
    ...more,
  };
  const answer = await booted.filter?.inject({ method: 'POST', url: '/v1/decide', headers });
  if (answer === undefined) throw new Error('there is no filter listener');
  return answer;
}

const CACHE = 'token-broker-cache-control';

describe('an exchange', () => {
  test('gives the token in place of the subject, and once for the same subject', async () => {
    const booted = start({ audiences: ['orders'], scope: { value: 'read' } });
    const first = await decide(booted, 'bearer opaque');
    expect([first.statusCode, first.headers['x-inject-authorization']]).toEqual([200, 'Bearer for-6']);
    await decide(booted, 'Bearer opaque');
    expect(booted.tokenRequests).toHaveLength(1);
    expect(booted.tokenRequests[0]).toMatchObject({ clientId: 'broker', scope: 'read', audiences: ['orders'] });
    await decide(booted, 'Bearer another');
    expect(booted.tokenRequests.map(subjectOf)).toEqual(['opaque', 'another']);
  });

  test('uses what authentication has verified', async () => {
    const booted = start({ authenticate: { providers: ['callers'] } });
    const subject = subjectFor(booted, 100);
    expect((await decide(booted, `Bearer ${subject}`)).statusCode).toBe(200);
    expect(booted.tokenRequests.map(subjectOf)).toEqual([subject]);
    const other = await decide(booted, `Bearer ${subjectFor(booted, 100, { aud: 'others' })}`);
    expect([other.statusCode, other.body]).toEqual([401, 'unauthorized\n']);
    expect(booted.tokenRequests).toHaveLength(1);
  });

  test("sends the actor's token of the operator, or of the request", async () => {
    const operators = start({ actorToken: { file: '/actor' } }, undefined, { '/actor': 'planted-actor' });
    await decide(operators, 'Bearer opaque');
    const requests = start({ actorToken: { header: 'x-actor' } });
    await decide(requests, 'Bearer opaque', { 'x-broker-key-x-actor': 'robot' });
    const actors = [operators, requests].map(({ tokenRequests: [request] }) => request as TokenExchangeRequest);
    expect(actors.map(({ actorToken }) => actorToken?.reveal())).toEqual(['planted-actor', 'robot']);
  });
});

describe('the life of a decision', () => {
  test("ends with the subject's exp, and nobody refreshes what would end then too", async () => {
    const booted = start();
    const subject = subjectFor(booted, 20);
    const answer = await decide(booted, `Bearer ${subject}`);
    expect(answer.headers[CACHE]).toBe('max-age=19, stale-while-revalidate=0, stale-if-error=0');
    booted.clock.advance(18_000);
    expect((await decide(booted, `Bearer ${subject}`)).headers[CACHE]).toContain('max-age=1,');
    expect(booted.tokenRequests).toHaveLength(1);
    booted.clock.advance(2000);
    const late = await decide(booted, `Bearer ${subject}`);
    expect([late.statusCode, late.body]).toEqual([401, 'invalid subject token\n']);
    expect(booted.tokenRequests).toHaveLength(1);
  });

  test.each([
    ['an opaque subject', () => 'opaque'],
    ['a JWT that says it is good for years', (booted: Booted) => subjectFor(booted, 1e8)],
  ])('ends with maximumDecisionAge for %s, refreshed meanwhile', async (_name, subjectIn) => {
    const booted = start({ maximumDecisionAge: '1m' }, () => ({ access_token: 'token', expires_in: 3600 }));
    const authorization = `Bearer ${subjectIn(booted)}`;
    const answer = await decide(booted, authorization);
    expect(answer.headers[CACHE]).toBe('max-age=45, stale-while-revalidate=15, stale-if-error=15');
    booted.clock.advance(46_000);
    await decide(booted, authorization);
    expect(booted.tokenRequests).toHaveLength(2);
  });

  test('ends with the token where that ends first', async () => {
    const booted = start({}, () => ({ access_token: 'token', expires_in: 10 }));
    const answer = await decide(booted, `Bearer ${subjectFor(booted, 100)}`);
    expect(answer.headers[CACHE]).toBe('max-age=6, stale-while-revalidate=2, stale-if-error=2');
  });

  test("ends with the actor's exp too", async () => {
    const booted = start({ actorToken: { header: 'x-actor' } });
    const actor = { 'x-broker-key-x-actor': subjectFor(booted, 5) };
    expect((await decide(booted, `Bearer ${subjectFor(booted, 20)}`, actor)).headers[CACHE]).toContain('max-age=4,');
  });

  test('is over where the subject expires while it is exchanged', async () => {
    const booted: Booted = start({}, () => {
      booted.clock.advance(3000);
      return { access_token: 'token', expires_in: 300 };
    });
    const answer = await decide(booted, `Bearer ${subjectFor(booted, 2)}`);
    expect([answer.statusCode, answer.body]).toEqual([401, 'invalid subject token\n']);
  });
});

describe('a refusal', () => {
  const CHALLENGE = 'Bearer realm="token-broker"';

  test.each([undefined, 'Basic YTpi', 'Bearer ', 'opaque'])('is 401 where the header is %s', async (authorization) => {
    const booted = start({ scope: { value: 'read write' } });
    const answer = await decide(booted, authorization);
    expect([answer.statusCode, answer.body]).toEqual([401, 'bearer token required\n']);
    expect(answer.headers['www-authenticate']).toBe(`${CHALLENGE}, scope="read write"`);
    expect(booted.tokenRequests).toEqual([]);
  });

  test.each<[string, string | string[]]>([
    ['came twice', ['Bearer a', 'Bearer b']],
    ['is too long', `Bearer ${'x'.repeat(16_385)}`],
    ['holds a space', 'Bearer a b'],
  ])('is 401 where the token %s', async (_name, authorization) => {
    const booted = start();
    const answer = await decide(booted, authorization);
    expect([answer.statusCode, answer.body]).toEqual([401, 'invalid subject token\n']);
    expect(answer.headers['www-authenticate']).toBe(`${CHALLENGE}, error="invalid_token"`);
    expect(booted.tokenRequests).toEqual([]);
  });

  test("names the actor's token where that is missing, and ours where that has expired", async () => {
    const booted = start({ actorToken: { header: 'x-actor' } });
    expect((await decide(booted, 'Bearer opaque')).body).toBe('actor token required\n');
    const expired = { 'x-broker-key-x-actor': subjectFor(booted, -5) };
    expect((await decide(booted, 'Bearer opaque', expired)).body).toBe('invalid actor token\n');
    const files = { '/actor': subjectFor(booted, -5) };
    const ours = await decide(start({ actorToken: { file: '/actor' } }, undefined, files), 'Bearer opaque');
    expect([ours.statusCode, ours.body]).toEqual([502, 'token request failed\n']);
  });

  test.each<[ErrorCode, number, string]>([
    ['subject_token_rejected', 401, 'invalid subject token\n'],
    ['exchange_target_refused', 403, 'token exchange refused\n'],
    ['exchange_scope_refused', 403, 'token exchange refused\n'],
    ['exchange_denied', 403, 'token exchange refused\n'],
  ])('of the issuer (%s) is believed for ten seconds', async (code, status, body) => {
    const booted = start({}, () => new BrokerError(code));
    for (const wait of [0, 9000]) {
      booted.clock.advance(wait);
      const answer = await decide(booted, 'Bearer opaque');
      expect([answer.statusCode, answer.body]).toEqual([status, body]);
    }
    expect(booted.tokenRequests).toHaveLength(1);
    expect(booted.log()).toContain(`"code":"${code}"`);
    booted.clock.advance(1000);
    await decide(booted, 'Bearer opaque');
    expect(booted.tokenRequests).toHaveLength(2);
  });

  test.each<[ErrorCode, string]>([
    ['subject_token_rejected', 'info'],
    ['exchange_target_refused', 'warn'],
    ['issuer_refused', 'warn'],
  ])('of the issuer (%s) is logged at %s, with what it said', async (code, level) => {
    const booted = start({}, () => new BrokerError(code, { cause: new Error('the issuer answered 400') }));
    await decide(booted, 'Bearer opaque');
    expect(booted.log()).toMatch(new RegExp(`"level":"${level}".*"code":"${code}".*the issuer answered 400`));
  });

  test('leaves no token behind in the log', async () => {
    const booted = start({}, () => new BrokerError('subject_token_rejected'));
    await decide(booted, 'Bearer planted-subject');
    expect(booted.log()).not.toMatch(/planted-subject|broker-secret/);
  });
});
