import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reviewToken, type TokenReview } from '../../control/kubernetes/tokens/token-review.ts';
import { Secret } from '../../control/secret.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { createSigningKey, encodePart, type SigningKey, signToken } from '../../tools/tokens/signing-key.ts';
import { PlantedSecrets } from '../support/planted-secrets.ts';
import { Broker } from './connect.ts';
import { namespace, type Rule, serviceAccount } from './manifests.ts';

const REVIEW: Rule = { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] };
const AUDIENCES = ['broker', 'other'];

let apiserver: KubeApiserver;
let reviewer: Broker;
let token: string;
const planted = new PlantedSecrets();

beforeAll(async () => {
  apiserver = await KubeApiserver.start();
  await apiserver.admin.apply(namespace('shop'), serviceAccount('shop', 'orders'));
  reviewer = await Broker.connect(apiserver, [REVIEW]);
  token = await createToken({ audiences: AUDIENCES });
});

afterAll(async () => {
  await reviewer?.stop();
  await apiserver?.stop();
});

function createToken(options: { audiences?: string[]; name?: string } = {}): Promise<string> {
  return apiserver.admin.createToken({ namespace: 'shop', name: 'orders', ...options });
}

/** Asks with the reviewer's rights, and looks for the token in everything that comes back. */
async function review(text: string, audiences: string[] = ['broker'], by = reviewer): Promise<TokenReview> {
  planted.plant('the token', text);
  const parts = text.split('.').filter((part) => part !== '');
  for (const [index, part] of parts.entries()) planted.plant(`part ${index} of the token`, part);
  const outcome = await reviewToken(by.cluster, new Secret(text), audiences);
  expect(planted.findIn({ outcome: inspect(outcome, { depth: 20 }), json: JSON.stringify(outcome) })).toEqual([]);
  return outcome;
}

/** The claims of a real token, changed, and signed. */
function forge(changes: object, key: Pick<SigningKey, 'privateKey'>): string {
  const [header = '', payload = ''] = token.split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return signToken({ kid, algorithm: 'RS256', privateKey: key.privateKey, jwk: {} }, { ...claims, ...changes });
}

test('a good token says whose it is', async () => {
  expect(await review(token)).toEqual({
    kind: 'authenticated',
    username: 'system:serviceaccount:shop:orders',
    serviceAccount: { namespace: 'shop', name: 'orders' },
    uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    audiences: ['broker'],
  });
  expect(await review(token, ['unknown', 'other', 'broker'])).toMatchObject({ audiences: ['other', 'broker'] });
});

test('without an audience the token must be for the API server', async () => {
  expect(await review(await createToken(), [])).toMatchObject({ kind: 'authenticated', audiences: [] });
  expect(await review(token, [])).toMatchObject({
    kind: 'unauthenticated',
    message: expect.stringContaining('audiences'),
  });
});

test('a token for another audience is refused', async () => {
  const outcome = await review(token, ['elsewhere']);
  expect(outcome).toMatchObject({ kind: 'unauthenticated', message: expect.stringMatching(/audiences .* invalid/) });
});

test('an expired token is refused', async () => {
  const privateKey = createPrivateKey(readFileSync(apiserver.signingKeyFile));
  const now = Math.floor(Date.now() / 1000);
  expect(await review(forge({ exp: now + 60 }, { privateKey }))).toMatchObject({ kind: 'authenticated' });
  expect(await review(forge({ exp: now - 60 }, { privateKey }))).toMatchObject({
    kind: 'unauthenticated',
    message: expect.stringContaining('expired'),
  });
});

test("another cluster's token is refused", async () => {
  const key = createSigningKey('RS256');
  expect(await review(forge({}, key))).toMatchObject({ kind: 'unauthenticated' });
  expect(await review(forge({ iss: 'https://elsewhere.example' }, key))).toMatchObject({ kind: 'unauthenticated' });
});

test.each([
  ['another payload', () => swap(token, 1, encodePart({ sub: 'system:serviceaccount:kube-system:admin' }))],
  ['another signature', () => swap(token, 2, encodePart('x'.repeat(256)))],
  ['no signature', () => swap(token, 2, '')],
  ['no algorithm', () => swap(token, 0, encodePart({ alg: 'none' }))],
  ['what is no token', () => 'what-is-no-token'],
  ['what is no text of HTTP', () => 'ä\n\0'],
  ['something long', () => 'long-'.repeat(10_000)],
])('a token with %s is refused', async (_name, tampered) => {
  expect(await review(tampered())).toMatchObject({ kind: 'unauthenticated', message: expect.any(String) });
});

function swap(text: string, index: number, part: string): string {
  return text.split('.').with(index, part).join('.');
}

test("a deleted account's token is refused, once the API server has noticed", async () => {
  const account = serviceAccount('shop', 'leaving');
  await apiserver.admin.apply(account);
  const leaving = await createToken({ audiences: AUDIENCES, name: 'leaving' });
  expect(await review(leaving)).toMatchObject({ kind: 'authenticated' });
  await apiserver.admin.remove(account);
  await eventually(async () => expect(await review(leaving)).toMatchObject({ kind: 'unauthenticated' }), 30_000);
}, 40_000);

test('an account that was made again is another one', async () => {
  const account = serviceAccount('shop', 'returning');
  await apiserver.admin.apply(account);
  const before = await createToken({ audiences: AUDIENCES, name: 'returning' });
  await apiserver.admin.remove(account);
  await apiserver.admin.apply(account);
  const after = await createToken({ audiences: AUDIENCES, name: 'returning' });
  await eventually(async () => expect(await review(before)).toMatchObject({ kind: 'unauthenticated' }), 30_000);
  await eventually(async () => expect(await review(after)).toMatchObject({ kind: 'authenticated' }), 30_000);
}, 70_000);

test('who has no right to review is told so', async () => {
  const nobody = await Broker.connect(apiserver);
  expect(await review(token, ['broker'], nobody)).toEqual({
    kind: 'failed',
    reason: 'forbidden',
    status: 403,
    // Nothing of the answer to a request that holds a secret.
    message: 'the API server answered 403',
  });
  writeFileSync(nobody.tokenFile, 'wrong');
  await nobody.cluster.reload();
  expect(await review(token, ['broker'], nobody)).toMatchObject({
    kind: 'failed',
    reason: 'unauthorized',
    status: 401,
  });
  await nobody.stop();
});
