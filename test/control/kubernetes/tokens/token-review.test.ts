import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { reviewToken } from '../../../../control/kubernetes/tokens/token-review.ts';
import { Secret } from '../../../../control/secret.ts';
import { PlantedSecrets } from '../../../support/planted-secrets.ts';
import { answered, failed, ScriptedApi } from '../scripted-api.ts';

const planted = new PlantedSecrets();
const token = planted.plant('the token', 'eyJplantedheader.eyJplantedpayload.plantedsignature');
for (const part of token.split('.')) planted.plant(part, part);

const user = {
  username: 'system:serviceaccount:shop:orders',
  uid: 'uid-1',
  groups: ['system:serviceaccounts'],
  extra: { 'authentication.kubernetes.io/credential-id': ['JTI=1'] },
};

/** What comes of an answer with this status; the answer repeats the token, as the API does. */
async function review(status: unknown, audiences: string[] = ['broker'], kind = 'TokenReview') {
  const api = new ScriptedApi().calls(answered({ kind, spec: { token, audiences }, status }));
  const outcome = await reviewToken(api, new Secret(token), audiences);
  expect(planted.findIn({ outcome: inspect(outcome, { depth: 9 }), json: JSON.stringify(outcome) })).toEqual([]);
  return outcome;
}

test('the request holds the token and the audiences, and says that it is confidential', async () => {
  const api = new ScriptedApi().calls(failed('timeout'));
  expect(await reviewToken(api, new Secret(token), ['a', 'b'])).toEqual(failed('timeout'));
  await reviewToken(api, new Secret(token), []);
  expect(api.requests.map(({ method, path, body, confidential }) => ({ method, path, body, confidential }))).toEqual(
    [{ token, audiences: ['a', 'b'] }, { token }].map((spec) => ({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec },
      confidential: true,
    })),
  );
});

test('a user who is authenticated', async () => {
  const outcome = await review({ authenticated: true, user, audiences: ['broker', 'unasked'] });
  expect(outcome).toEqual({
    kind: 'authenticated',
    username: user.username,
    serviceAccount: { namespace: 'shop', name: 'orders' },
    uid: 'uid-1',
    groups: user.groups,
    audiences: ['broker'],
  });
});

test.each([
  ['alice', undefined],
  ['system:serviceaccount:shop', undefined],
  ['system:serviceaccount:shop:orders:more', undefined],
  ['system:serviceaccount::orders', undefined],
  ['system:serviceaccount:shop:../../x', undefined],
  ['system:serviceaccount:Shop:orders', undefined],
  ['system:serviceaccount:shop:orders.v2', { namespace: 'shop', name: 'orders.v2' }],
])('%s is the service account %o', async (username, serviceAccount) => {
  const outcome = await review({ authenticated: true, user: { username }, audiences: ['broker'] });
  expect(outcome).toMatchObject({ kind: 'authenticated', username, serviceAccount, uid: '', groups: [] });
});

test.each([
  ['no status', undefined],
  ['an empty status', {}],
  ['false', { authenticated: false, user }],
  ['a text for true', { authenticated: 'true', user, audiences: ['broker'] }],
  ['an error', { error: 'invalid bearer token', user }],
  ['no audience', { authenticated: true, user }],
  ['another audience', { authenticated: true, user, audiences: ['elsewhere'] }],
  ['a text for audiences', { authenticated: true, user, audiences: 'broker' }],
])('%s is not authenticated', async (_name, status) => {
  expect(await review(status)).toMatchObject({ kind: 'unauthenticated' });
});

test('where no audience was asked none has to be confirmed', async () => {
  expect(await review({ authenticated: true, user, audiences: ['https://kubernetes'] }, [])).toMatchObject({
    kind: 'authenticated',
    audiences: [],
  });
});

test.each([
  ['the whole token', `"${token}" is bad`, '"[redacted]" is bad'],
  ['a part', 'eyJplantedpayload: bad', '[redacted]: bad'],
  ['a piece of a part', 'near "plantedpay": bad', 'near "[redacted]": bad'],
  ['what is glued to other words', `x${token}y`, 'x[redacted]y'],
  ['several lines', 'a\nb\u0000c', 'a b c'],
  ['nothing', '', 'no reason was given'],
  ['ordinary words', 'service account token has expired', 'service account token has expired'],
])('an error that holds %s is safe to log', async (_name, error, message) => {
  expect(await review({ error })).toEqual({ kind: 'unauthenticated', message });
});

test.each([
  ['no user', { authenticated: true, audiences: ['broker'] }],
  ['an empty user name', { authenticated: true, user: { username: '' }, audiences: ['broker'] }],
  ['a number for a name', { authenticated: true, user: { username: 7 }, audiences: ['broker'] }],
])('%s is a bad answer', async (_name, status) => {
  expect(await review(status)).toMatchObject({ kind: 'failed', reason: 'badAnswer' });
});

test('an answer of another kind is a bad answer', async () => {
  const outcome = await review({ authenticated: true, user, audiences: ['broker'] }, ['broker'], 'Status');
  expect(outcome).toMatchObject({ kind: 'failed', reason: 'badAnswer' });
});
