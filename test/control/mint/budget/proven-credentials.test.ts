import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ProvenCredentials } from '../../../../control/mint/budget/proven-credentials.ts';
import { Secret } from '../../../../control/secret.ts';
import { exchangeRequest } from '../../decide/exchange-request.ts';
import { tokenRequest } from '../minting.ts';

test('credentials are known with their own secret only, whatever the scope', () => {
  const proven = new ProvenCredentials();
  proven.add(tokenRequest('client', 'right', 'read'));
  expect(proven.has(tokenRequest('client', 'right', 'write'))).toBe(true);
  expect(proven.has(tokenRequest('client', 'wrong', 'read'))).toBe(false);
  expect(proven.has(tokenRequest('clientr', 'ight', 'read'))).toBe(false);
});

test('credentials that were refused are known no more', () => {
  const proven = new ProvenCredentials();
  proven.add(tokenRequest());
  proven.delete(tokenRequest());
  expect(proven.has(tokenRequest())).toBe(false);
});

test('a client of the operator is known for each subject whose token it has exchanged, and for no other', () => {
  const proven = new ProvenCredentials();
  const subject = (token: string) => exchangeRequest({ subjectToken: new Secret(token) });
  proven.add(subject('alice'));
  expect([proven.has(subject('alice')), proven.has(subject('mallory'))]).toEqual([true, false]);
});

test('those used longest ago are forgotten beyond 10,000', () => {
  const proven = new ProvenCredentials();
  for (let index = 0; index < 10_000; index += 1) proven.add(tokenRequest(`client ${index}`));
  proven.add(tokenRequest('client 0'));
  proven.add(tokenRequest('one more'));
  expect(proven.has(tokenRequest('client 0'))).toBe(true);
  expect(proven.has(tokenRequest('client 1'))).toBe(false);
});

test('no secret is kept', () => {
  const proven = new ProvenCredentials();
  proven.add(tokenRequest('client', 'planted-secret'));
  expect(inspect(proven, { depth: 20, showHidden: true })).not.toContain('planted-secret');
});
