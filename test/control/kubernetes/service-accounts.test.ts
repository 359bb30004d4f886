import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ServiceAccountTokenRequest } from '../../../control/decide/ports.ts';
import { BrokerError } from '../../../control/errors.ts';
import type { Answer, Failure } from '../../../control/kubernetes/cluster/api.ts';
import { createServiceAccounts } from '../../../control/kubernetes/service-accounts.ts';
import { Secret } from '../../../control/secret.ts';
import { encodePart } from '../../../tools/tokens/signing-key.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { answered, failed, ScriptedApi } from './scripted-api.ts';

const TOKEN = 'planted-header.planted-payload.planted-signature';
const ACCOUNT = { namespace: 'shop', name: 'cart' };
const REQUEST: ServiceAccountTokenRequest = {
  ...{ grant: 'kubernetes', issuer: 'management', account: ACCOUNT, audiences: ['api'], expirationSeconds: 900 },
  clientId: 'system:serviceaccount:shop:cart',
  clientSecret: undefined,
  scope: undefined,
  caller: { source: 'workload', account: ACCOUNT, uid: 'uid-1' },
};

function start(answer: Answer | Failure) {
  const clock = new ManualClock();
  const api = new ScriptedApi().calls(answer);
  const told: unknown[] = [];
  const access = { kind: 'kubeconfig', file: '/k', context: undefined } as const;
  const clusters = new Map(['workload', 'management'].map((name) => [name, { name, access, timeout: 1000 }] as const));
  const accounts = createServiceAccounts({
    ...{ clusters, clock, open: () => api },
    observer: { judged: (...all) => told.push(all), minted: (cluster, outcome) => told.push([cluster, outcome]) },
  });
  return { accounts, api, clock, told };
}

/** What a call ends with, searched for the token. */
async function refusalOf(call: Promise<unknown>): Promise<BrokerError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(inspect(error, { depth: 10 })).not.toMatch(/planted-(?:header|payload|signature)/);
  if (!(error instanceof BrokerError)) throw new Error('it was no refusal');
  return error;
}

const reviewed = (status: object) => answered({ kind: 'TokenReview', spec: { token: TOKEN }, status });
const review = ({ accounts }: ReturnType<typeof start>) => accounts.review('workload', new Secret(TOKEN), ['broker']);

describe('a review', () => {
  test('says whose the token is', async () => {
    const user = { username: 'system:serviceaccount:shop:cart', uid: 'uid-1' };
    const started = start(reviewed({ authenticated: true, user, audiences: ['broker', 'other'] }));
    expect(await review(started)).toEqual({ account: ACCOUNT, uid: 'uid-1' });
    expect(started.told).toEqual([['workload', 'accepted']]);
  });

  test('of somebody else names no account', async () => {
    const user = { username: 'alice', uid: '' };
    const started = start(reviewed({ authenticated: true, user, audiences: ['broker'] }));
    expect(await review(started)).toEqual({ account: undefined, uid: '' });
  });

  test.each<[string, Answer | Failure, string, number]>([
    ['a token that is not good', reviewed({ error: `${TOKEN} has expired` }), 'subject_token_rejected', 401],
    [
      'no confirmed audience',
      reviewed({ authenticated: true, user: { username: 'a' } }),
      'subject_token_rejected',
      401,
    ],
    ['what is no review', answered({ kind: 'Status', token: TOKEN }), 'invalid_cluster_answer', 502],
    ['too much', failed('tooLarge'), 'invalid_cluster_answer', 502],
    ['no right to review', failed('forbidden'), 'cluster_refused', 502],
    ['not knowing us', failed('unauthorized'), 'cluster_refused', 502],
    ['no such API', failed('notFound'), 'cluster_refused', 502],
    ['no answer', failed('timeout'), 'cluster_unavailable', 503],
  ])('that ends with %s refuses', async (_name, answer, code, status) => {
    const started = start(answer);
    expect(await refusalOf(review(started))).toMatchObject({ code, status });
    expect(started.told).toEqual([['workload', code]]);
  });
});

describe('a token', () => {
  const given = (expirationTimestamp: string, token = TOKEN) => answered({ status: { token, expirationTimestamp } });

  test('is asked for as it should be, and lives from when it was asked for', async () => {
    const { accounts, api, clock, told } = start(given('2026-01-01T00:10:00Z'));
    const token = await accounts.mint(REQUEST);
    expect(token).toMatchObject({ obtainedAt: clock.now(), lifetime: 600_000 });
    expect(token.accessToken.reveal()).toBe(TOKEN);
    expect(api.requests).toMatchObject([
      {
        path: '/api/v1/namespaces/shop/serviceaccounts/cart/token',
        body: { spec: { audiences: ['api'], expirationSeconds: 900 } },
      },
    ]);
    expect(told).toEqual([['management', 'token']]);
  });

  test("lives no longer than it says itself, whatever the cluster's clock", async () => {
    const own = `e30.${encodePart({ iat: 5000, exp: 5300 })}.c2ln`;
    const { accounts } = start(given('2026-01-01T01:00:00Z', own));
    expect((await accounts.mint(REQUEST)).lifetime).toBe(300_000);
  });

  test.each<[string, Answer | Failure, string, number, number?]>([
    ['an account that is not there', failed('notFound'), 'service_account_absent', 403],
    ['no right to its tokens', failed('forbidden'), 'cluster_refused', 502],
    ['audiences that the cluster does not take', failed('unprocessable'), 'cluster_refused', 502],
    ['an answer without a token', answered({ status: {} }), 'invalid_cluster_answer', 502],
    ['a cluster that is down', failed('unavailable', { retryAfter: 7000 }), 'cluster_unavailable', 503, 7],
    [
      'one that wants to be left alone for long',
      failed('unavailable', { retryAfter: 9e6 }),
      'cluster_unavailable',
      503,
      60,
    ],
    ['one that does not say how long', failed('unavailable'), 'cluster_unavailable', 503, 1],
  ])('is refused by %s', async (_name, answer, code, status, retryAfter) => {
    const { accounts, told } = start(answer);
    expect(await refusalOf(accounts.mint(REQUEST))).toMatchObject({ code, status, retryAfter });
    expect(told).toEqual([['management', code]]);
  });
});
