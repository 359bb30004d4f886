import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../control/config/configuration.ts';
import { BrokerError, type ErrorCode } from '../../control/errors.ts';
import { createSigningKey, signToken } from '../../tools/tokens/signing-key.ts';
import { exchangeConfiguration, exchangeFile } from '../control/exchange-mode.ts';
import { configurationWith } from '../control/jwt-mode.ts';
import type { Situation } from './case.ts';
import { CONTRACT_CASES } from './cases.ts';
import { issuerAnswer } from './situation.ts';
import { askAsFilter, askOverGrpc, askOverHttp, type Question } from './ways.ts';

/** Asks all three ways. @returns what all of them got */
async function askAll(question: Question) {
  const effect = await askAsFilter(question);
  expect(await askOverHttp(question)).toEqual(effect);
  expect(await askOverGrpc(question)).toEqual(effect);
  return effect;
}

/** Situations of the filter's contract that are about a decision, not about the filter's own words. */
const situations = CONTRACT_CASES.flatMap(({ name, situation }) =>
  situation === undefined || situation.route !== undefined ? [] : [{ name, situation }],
);

function questionOf(situation: Situation): Question {
  const { environment = {}, inputs = {} } = situation;
  return {
    options: () => ({ environment, issuer: () => issuerAnswer(situation) }),
    headers: Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, [value].flat()])),
  };
}

describe('the filter, /check and gRPC get one decision', () => {
  test.each(situations)('$name', async ({ situation }) => {
    await askAll(questionOf(situation));
  });

  test('and the situations are of every kind', async () => {
    const effects = await Promise.all(situations.map(({ situation }) => askAsFilter(questionOf(situation))));
    expect(new Set(effects.map(({ status }) => status))).toEqual(new Set([200, 400, 401, 502, 503]));
  });
});

describe("the three of them about a caller's own token", () => {
  const key = createSigningKey();
  const jwt = () =>
    configurationWith(key, {
      providers: ['callers'],
      requiredScopes: ['read'],
      claimToHeaders: [{ claim: 'sub', header: 'x-user' }],
    });
  const exchange = () => exchangeConfiguration(exchangeFile({ audiences: ['orders'], scope: { value: 'read' } }));
  // Far from any clock: tests have one of their own.
  const claims = { iss: 'https://issuer.example', aud: 'orders', sub: 'alice', exp: 4_000_000_000 };
  const good = `Bearer ${signToken(key, { ...claims, scope: 'read' })}`;

  test.each<readonly [string, () => Configuration, readonly string[], ErrorCode | undefined, number]>([
    ['a good JWT', jwt, [good], undefined, 200],
    ['a JWT without the scope', jwt, [`Bearer ${signToken(key, claims)}`], undefined, 403],
    ['a JWT that came twice', jwt, [good, good], undefined, 401],
    ['no JWT', jwt, [], undefined, 401],
    ['a subject', exchange, ['Bearer opaque'], undefined, 200],
    ['no subject', exchange, [], undefined, 401],
    ['a subject that came twice', exchange, ['Bearer opaque', 'Bearer opaque'], undefined, 401],
    ['an issuer that is away', exchange, ['Bearer opaque'], 'issuer_unavailable', 503],
  ])('%s', async (_what, configuration, authorization, refusal, status) => {
    const answer = refusal === undefined ? { access_token: 'a-token', expires_in: 300 } : new BrokerError(refusal);
    const effect = await askAll({
      options: () => ({ configuration: configuration(), issuer: () => answer }),
      headers: authorization.length === 0 ? {} : { authorization },
    });
    expect(effect.status).toBe(status);
    if (status === 200) expect(effect.headers.authorization).toBe('Bearer a-token');
  });
});

describe('the three of them refuse in JSON where that is asked for', () => {
  const configuration = (): Configuration => {
    const whole = exchangeConfiguration(exchangeFile({ audiences: ['orders'], scope: { value: 'read' } }));
    return { ...whole, policy: { ...whole.policy, refusals: 'json' } };
  };

  test.each<readonly [string, ErrorCode | undefined, readonly string[], number, object]>([
    ['no token', undefined, [], 401, { error: 'bearer_token_required' }],
    ['a refused subject', 'subject_token_rejected', ['Bearer opaque'], 401, { error: 'subject_token_rejected' }],
    ['an issuer that is away', 'issuer_unavailable', ['Bearer opaque'], 503, { error: 'server_error' }],
  ])('%s', async (_what, refusal, authorization, status, body) => {
    const answer = refusal === undefined ? { access_token: 'a-token' } : new BrokerError(refusal);
    const effect = await askAll({
      options: () => ({ configuration: configuration(), issuer: () => answer }),
      headers: authorization.length === 0 ? {} : { authorization },
    });
    expect(effect).toMatchObject({ status, headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(effect.body)).toMatchObject(body);
  });
});
