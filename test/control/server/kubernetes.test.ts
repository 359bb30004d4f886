import { describe, expect, test } from 'vitest';
import type { KubernetesDocument } from '../../../control/config/kubernetes-document.ts';
import type { ReviewedUser, ServiceAccounts, ServiceAccountTokenRequest } from '../../../control/decide/ports.ts';
import { BrokerError, type ErrorCode } from '../../../control/errors.ts';
import { createSigningKey, keySetOf, signToken } from '../../../tools/tokens/signing-key.ts';
import { type Booted, boot, routeReference, tokenOf } from '../boot.ts';
import { type KubernetesFile, kubernetesConfiguration } from '../kubernetes-mode.ts';

const key = createSigningKey();
const PROVIDERS = {
  offline: { issuer: 'https://offline.example', audiences: ['broker'], jwks: { inline: JSON.parse(keySetOf(key)) } },
};
const CACHE = 'token-broker-cache-control';
const CART: ReviewedUser = { account: { namespace: 'shop', name: 'cart' }, uid: 'uid-1' };

interface Clusters {
  review?: ReviewedUser | ErrorCode;
  token?: number | ErrorCode;
}

/** Control with clusters that answer what `answers` says when they are asked. */
function start(answers: Clusters = {}, file: KubernetesFile = {}) {
  const asked: string[] = [];
  const minted: ServiceAccountTokenRequest[] = [];
  const serviceAccounts: ServiceAccounts = {
    review: async (cluster, _token, audiences) => {
      asked.push(`${cluster} ${audiences}`);
      const { review = CART } = answers;
      if (typeof review === 'string') throw new BrokerError(review);
      return review;
    },
    mint: async (request) => {
      minted.push(request);
      const { token = 3600 } = answers;
      if (typeof token === 'string') throw new BrokerError(token);
      return tokenOf({ access_token: `token-${minted.length}`, expires_in: token }, booted.clock.now());
    },
  };
  const booted = boot({ configuration: kubernetesConfiguration({ providers: PROVIDERS, ...file }), serviceAccounts });
  return { ...booted, asked, minted };
}

/** A token of a workload's, good for these seconds by the clock of control. */
const callerToken = ({ clock }: Pick<Booted, 'clock'>, seconds = 600, claims: object = {}) =>
  signToken(key, { iss: 'https://workload.example', exp: Math.floor(clock.now() / 1000) + seconds, ...claims });

const claimsOf = (namespace: string, name: string, bound: object = {}) => ({
  iss: 'https://offline.example',
  aud: ['broker', 'other'],
  sub: `system:serviceaccount:${namespace}:${name}`,
  'kubernetes.io': { namespace, serviceaccount: { name, uid: 'uid-2', ...bound } },
});

async function decide(started: Pick<Booted, 'filter'>, token?: string, more: Record<string, string> = {}) {
  const headers = {
    'x-broker-route': await routeReference(started),
    ...(token === undefined ? {} : { 'x-broker-key-authorization': `Bearer ${token}` }),
    ...more,
  };
  const answer = await started.filter?.inject({ method: 'POST', url: '/v1/decide', headers });
  if (answer === undefined) throw new Error('there is no filter listener');
  return answer;
}

const said = async (...parameters: Parameters<typeof decide>) => {
  const { statusCode, body } = await decide(...parameters);
  return [statusCode, body];
};

const using = (kubernetes: Partial<KubernetesDocument>): KubernetesFile => ({ kubernetes });

describe('an account of the workload cluster', () => {
  test('gets the token of the same account in the management cluster', async () => {
    const started = start({}, using({ audiences: ['api'], expirationSeconds: 900 }));
    const answer = await decide(started, callerToken(started));
    expect([answer.statusCode, answer.headers['x-inject-authorization']]).toEqual([200, 'Bearer token-1']);
    expect(started.asked).toEqual(['workload broker']);
    expect(started.minted).toMatchObject([
      { issuer: 'management', account: CART.account, audiences: ['api'], expirationSeconds: 900 },
    ]);
  });

  test('is asked about once, and its token is one for all that it comes with', async () => {
    const started = start();
    const [first, second] = [callerToken(started), callerToken(started, 700)];
    for (const token of [first, first, second, second]) expect((await decide(started, token)).statusCode).toBe(200);
    expect([started.asked.length, started.minted.length]).toEqual([2, 1]);
  });

  test('that was deleted and made again gets another token', async () => {
    const answers: Clusters = {};
    const started = start(answers);
    await decide(started, callerToken(started));
    answers.review = { ...CART, uid: 'uid-9' };
    await decide(started, callerToken(started, 700));
    expect(started.minted.map(({ caller }) => caller.uid)).toEqual(['uid-1', 'uid-9']);
  });

  test('is in no log with its token, nor with the new one', async () => {
    const started = start();
    const token = callerToken(started);
    await decide(started, token);
    expect(started.log()).toContain('allowed');
    for (const secret of [...token.split('.'), 'token-1']) expect(started.log()).not.toContain(secret);
  });
});

describe('the source', () => {
  const sources = [{ cluster: 'workload', audiences: ['a'] }, { cluster: 'second' }, { provider: 'offline' }];

  test("is the one whose the token's issuer is, and no other sees the token", async () => {
    const started = start({}, using({ sources }));
    await decide(started, callerToken(started));
    await decide(started, callerToken(started, 600, { iss: 'https://old.example' }));
    expect(started.asked).toEqual(['workload a', 'second ']);
    await decide(started, callerToken(started, 600, claimsOf('shop', 'till')));
    expect(started.asked).toHaveLength(2);
    expect(started.minted.map(({ caller }) => caller.source)).toEqual(['workload', 'second', 'offline']);
  });

  test.each([
    ['a stranger', { iss: 'https://stranger.example' }],
    ['nobody', { iss: undefined }],
    ['what is no text', { iss: ['https://workload.example'] }],
  ])('of a token by %s is none, and nobody is asked', async (_name, claims) => {
    const started = start({}, using({ sources }));
    expect(await said(started, callerToken(started, 600, claims))).toEqual([401, 'invalid subject token\n']);
    expect(started.asked).toEqual([]);
  });
});

describe('a token that is verified with keys', () => {
  const offline = using({ sources: [{ provider: 'offline' }] });

  test('says which account it is of', async () => {
    const started = start({}, offline);
    expect((await decide(started, callerToken(started, 600, claimsOf('shop', 'till')))).statusCode).toBe(200);
    expect(started.minted).toMatchObject([
      { account: { namespace: 'shop', name: 'till' }, caller: { source: 'offline', uid: 'uid-2' } },
    ]);
  });

  test.each<[string, object, number]>([
    ['another audience', { aud: 'other' }, 401],
    ['another issuer', { iss: 'https://workload.example' }, 401],
    ['an end in the past', { exp: 1 }, 401],
    ['no end', { exp: undefined }, 401],
    ['another subject than account', { sub: 'system:serviceaccount:shop:other' }, 403],
    ['no account', { 'kubernetes.io': undefined }, 403],
    ['an account without a name', { 'kubernetes.io': { namespace: 'shop', serviceaccount: {} } }, 403],
  ])('and has %s is refused', async (_name, claims, status) => {
    const started = start({}, offline);
    const token = callerToken(started, 600, { ...claimsOf('shop', 'till'), ...claims });
    expect((await decide(started, token)).statusCode).toBe(status);
    expect(started.minted).toEqual([]);
  });
});

describe('the life of a decision', () => {
  test('is the maximum age, of which the last quarter is for refreshing', async () => {
    const started = start();
    expect((await decide(started, callerToken(started))).headers[CACHE]).toBe(
      'max-age=44, stale-while-revalidate=15, stale-if-error=15',
    );
  });

  test("ends with the caller's exp, however long the new token lives", async () => {
    const started = start({}, using({ maximumDecisionAge: '1h' }));
    const token = callerToken(started, 20);
    const { headers } = await decide(started, token);
    const ages = String(headers[CACHE]).match(/\d+/g)?.map(Number) ?? [];
    expect((ages[0] ?? 0) + (ages[1] ?? 0)).toBe(19);
    started.clock.advance(20_000);
    expect(await said(started, token)).toEqual([401, 'invalid subject token\n']);
  });

  test('ends with the new token, less the margin', async () => {
    const started = start({ token: 50 }, using({ maximumDecisionAge: '1h' }));
    const { headers } = await decide(started, callerToken(started));
    expect(headers[CACHE]).toBe('max-age=30, stale-while-revalidate=10, stale-if-error=10');
  });

  test('is one after the cluster was asked again, for a cache that still has the token', async () => {
    const started = start();
    const token = callerToken(started);
    const digest = tokenOf({ access_token: 'token-1' }, 0).digest;
    await decide(started, token);
    started.clock.advance(45_000);
    const again = await decide(started, token, { 'x-broker-held': digest });
    expect(again.headers[CACHE]).toContain('max-age=44,');
    expect([started.asked.length, started.minted.length]).toEqual([2, 1]);
  });

  test('gets another token for one that the backend refused, and none once the account is gone', async () => {
    const answers: Clusters = {};
    const started = start(answers);
    const token = callerToken(started);
    await decide(started, token);
    const rejected = { 'x-broker-rejected': tokenOf({ access_token: 'token-1' }, 0).digest };
    expect((await decide(started, token, rejected)).headers['x-inject-authorization']).toBe('Bearer token-2');
    answers.token = 'service_account_absent';
    started.clock.advance(2000);
    const again = { 'x-broker-rejected': tokenOf({ access_token: 'token-2' }, 0).digest };
    expect((await decide(started, token, again)).statusCode).toBe(403);
    expect((await decide(started, token)).statusCode).toBe(403);
  });

  test('is over when the account is deleted', async () => {
    const answers: Clusters = {};
    const started = start(answers);
    const token = callerToken(started);
    await decide(started, token);
    answers.review = 'subject_token_rejected';
    started.clock.advance(60_000);
    expect((await decide(started, token)).statusCode).toBe(401);
    expect(started.minted).toHaveLength(1);
  });
});

describe('a refusal', () => {
  test.each<[ErrorCode, number, string]>([
    ['subject_token_rejected', 401, 'invalid subject token\n'],
    ['cluster_refused', 502, 'token request failed\n'],
    ['invalid_cluster_answer', 502, 'invalid token response\n'],
    ['cluster_unavailable', 503, 'cluster unavailable\n'],
  ])('for %s in the review', async (review, status, body) => {
    const started = start({ review });
    expect(await said(started, callerToken(started))).toEqual([status, body]);
    expect(started.minted).toEqual([]);
  });

  test.each<[ErrorCode, number, string]>([
    ['service_account_absent', 403, 'forbidden\n'],
    ['cluster_refused', 502, 'token request failed\n'],
    ['cluster_unavailable', 503, 'cluster unavailable\n'],
  ])('for %s in the request', async (token, status, body) => {
    const started = start({ token });
    expect(await said(started, callerToken(started))).toEqual([status, body]);
  });

  test('without a token has a challenge', async () => {
    const answer = await decide(start());
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="token-broker"']);
  });

  test('of a token that has expired asks nobody', async () => {
    const started = start();
    expect((await decide(started, callerToken(started, -1))).statusCode).toBe(401);
    expect(started.asked).toEqual([]);
  });

  test('of somebody who is no account, or becomes none', async () => {
    const user = start({ review: { account: undefined, uid: '' } });
    expect(await said(user, callerToken(user))).toEqual([403, 'forbidden\n']);
    const system = start({ review: { account: { namespace: 'kube-system', name: 'admin' }, uid: '' } });
    expect(await said(system, callerToken(system))).toEqual([403, 'forbidden\n']);
    expect([...user.minted, ...system.minted]).toEqual([]);
  });
});

test('a revoked subject, or client, gets nothing', async () => {
  const revoke = (revocation: object): KubernetesFile => ({ revocations: [revocation] });
  const started = start({}, revoke({ subject: 'system:serviceaccount:shop:cart' }));
  expect(await said(started, callerToken(started))).toEqual([401, 'revoked\n']);
  const client = start({}, revoke({ client: 'system:serviceaccount:shop:cart' }));
  expect(await said(client, callerToken(client))).toEqual([401, 'revoked\n']);
  expect([...started.minted, ...client.minted]).toEqual([]);
});
