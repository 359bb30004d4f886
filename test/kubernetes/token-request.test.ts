import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requestToken, type TokenRequestOptions } from '../../control/kubernetes/tokens/token-request.ts';
import { reviewToken } from '../../control/kubernetes/tokens/token-review.ts';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { Broker } from './connect.ts';
import { grantIn, namespace, type Rule, serviceAccount } from './manifests.ts';

const REVIEW: Rule = { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] };
const REQUEST: Rule = { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] };
const ORDERS = { namespace: 'shop', name: 'orders' };

let apiserver: KubeApiserver;
let broker: Broker;

beforeAll(async () => {
  apiserver = await KubeApiserver.start();
  await apiserver.admin.apply(namespace('shop'), serviceAccount('shop', 'orders'), serviceAccount('shop', 'payments'));
  broker = await Broker.connect(apiserver, [REQUEST, REVIEW]);
});

afterAll(async () => {
  await broker?.stop();
  await apiserver?.stop();
});

function request(account = ORDERS, options: Partial<TokenRequestOptions> = {}, by = broker) {
  return requestToken(by.cluster, account, { audiences: ['management'], expirationSeconds: 3600, ...options });
}

test('a token of the account comes, for these audiences and that long', async () => {
  const before = Date.now();
  const outcome = await request(ORDERS, { audiences: ['management', 'vault'], expirationSeconds: 1200 });
  if (outcome.kind !== 'token') throw new Error(outcome.message);
  expect(`${outcome.token}`).toBe('[redacted]');
  // Kubernetes tells whole seconds.
  expect(outcome.expiresAt).toBeGreaterThanOrEqual(before + 1_199_000);
  expect(outcome.expiresAt).toBeLessThanOrEqual(Date.now() + 1_201_000);
  expect(await reviewToken(broker.cluster, outcome.token, ['vault'])).toMatchObject({
    serviceAccount: ORDERS,
    audiences: ['vault'],
  });
  const [, payload = ''] = outcome.token.reveal().split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  expect(claims.exp * 1000).toBe(outcome.expiresAt);
});

test("without audiences it is for the API server's own", async () => {
  const outcome = await request(ORDERS, { audiences: [] });
  if (outcome.kind !== 'token') throw new Error(outcome.message);
  expect(await reviewToken(broker.cluster, outcome.token, [])).toMatchObject({ kind: 'authenticated' });
});

test.each([
  ['account', { namespace: 'shop', name: 'unknown' }],
  ['namespace', { namespace: 'unknown', name: 'orders' }],
])('an unknown %s is told apart', async (_name, account) => {
  expect(await request(account)).toMatchObject({ kind: 'failed', reason: 'notFound', status: 404 });
});

test('less than ten minutes is refused', async () => {
  expect(await request(ORDERS, { expirationSeconds: 599 })).toEqual({
    kind: 'failed',
    reason: 'unprocessable',
    status: 422,
    message: expect.stringContaining('may not specify a duration less than 10 minutes'),
  });
});

test.each([
  { namespace: '../../..', name: 'orders' },
  { namespace: 'shop', name: 'orders/token?dryRun=All#' },
  { namespace: 'shop', name: '..' },
  { namespace: '', name: 'orders' },
  { namespace: 'Shop', name: 'orders' },
])('$namespace with $name is never asked for', async (account) => {
  const asked: unknown[] = [];
  const api = { call: (...all: unknown[]) => asked.push(all), open: () => asked.push('') } as never;
  expect(await requestToken(api, account, { audiences: [], expirationSeconds: 3600 })).toMatchObject({
    reason: 'unprocessable',
  });
  expect(asked).toEqual([]);
});

test('rights to one account are enough for it, and for no other', async () => {
  const narrow = await Broker.connect(apiserver);
  const rule = { ...REQUEST, resourceNames: ['orders'] };
  await apiserver.admin.apply(...grantIn('shop', narrow.account, 'one-account', rule));
  expect(await request(ORDERS, {}, narrow)).toMatchObject({ kind: 'token' });
  expect(await request({ namespace: 'shop', name: 'payments' }, {}, narrow)).toMatchObject({
    reason: 'forbidden',
    status: 403,
    message: expect.stringContaining('cannot create resource'),
  });
  writeFileSync(narrow.tokenFile, 'wrong');
  await narrow.cluster.reload();
  expect(await request(ORDERS, {}, narrow)).toMatchObject({ reason: 'unauthorized', status: 401 });
  await narrow.stop();
});

test('an API server that is away is unavailable, and the next request finds it again', async () => {
  await apiserver.goDown();
  expect(await request()).toMatchObject({ kind: 'failed', reason: 'unavailable' });
  await apiserver.comeBack();
  expect(await request()).toMatchObject({ kind: 'token' });
});
