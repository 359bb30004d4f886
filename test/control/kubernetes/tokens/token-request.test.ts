import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { requestToken } from '../../../../control/kubernetes/tokens/token-request.ts';
import { PlantedSecrets } from '../../../support/planted-secrets.ts';
import { answered, failed, ScriptedApi } from '../scripted-api.ts';

const planted = new PlantedSecrets();
const token = planted.plant('the token', 'planted.new.token');
const account = { namespace: 'shop', name: 'orders' };
const options = { audiences: ['management'], expirationSeconds: 3600 };
const expirationTimestamp = '2026-10-21T07:28:00Z';

async function request(value: unknown) {
  const outcome = await requestToken(new ScriptedApi().calls(answered(value)), account, options);
  expect(planted.findIn({ outcome: inspect(outcome, { depth: 9 }), json: JSON.stringify(outcome) })).toEqual([]);
  return outcome;
}

test('the request names the account, the audiences and the expiration', async () => {
  const api = new ScriptedApi().calls(failed('notFound'));
  expect(await requestToken(api, account, options)).toEqual(failed('notFound'));
  await requestToken(api, account, { ...options, audiences: [] });
  expect(api.requests.map(({ method, path, body }) => ({ method, path, body }))).toEqual(
    [{ expirationSeconds: 3600, audiences: ['management'] }, { expirationSeconds: 3600 }].map((spec) => ({
      method: 'POST',
      path: '/api/v1/namespaces/shop/serviceaccounts/orders/token',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
    })),
  );
});

test('the token that came, and when it expires', async () => {
  const outcome = await request({ status: { token, expirationTimestamp } });
  if (outcome.kind !== 'token') throw new Error(outcome.message);
  expect(outcome.token.reveal()).toBe(token);
  expect(outcome.expiresAt).toBe(Date.UTC(2026, 9, 21, 7, 28));
});

test.each([
  ['nothing', null],
  ['no status', {}],
  ['no token', { status: { expirationTimestamp } }],
  ['an empty token', { status: { token: '', expirationTimestamp } }],
  ['a token of two lines', { status: { token: `${token}\n${token}`, expirationTimestamp } }],
  ['a huge token', { status: { token: 'x'.repeat(65_537), expirationTimestamp } }],
  ['no expiry', { status: { token } }],
  ['an expiry that is no time', { status: { token, expirationTimestamp: 'later' } }],
  ['a number for an expiry', { status: { token, expirationTimestamp: 3600 } }],
])('%s is a bad answer', async (_name, value) => {
  expect(await request(value)).toMatchObject({ kind: 'failed', reason: 'badAnswer' });
});
