import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answer, answerToken, type IssuerStub, startIssuerStub } from '../../support/issuer-stub.ts';
import { type ClosableMinter, issuerAt, minterFor, refusalOf, tokenRequest } from './minting.ts';

let stub: IssuerStub;
let minter: ClosableMinter;

beforeAll(async () => {
  stub = await startIssuerStub();
  minter = minterFor(issuerAt(stub.tokenEndpoint));
});

afterAll(async () => {
  await minter.close();
  await stub.close();
});

describe('a good answer', () => {
  test('becomes a token with its lifetime and digest', async () => {
    stub.respondWith(answerToken({ access_token: 'abc', expires_in: 300 }));
    const before = Date.now();
    const token = await minter.mint(tokenRequest());
    expect(token.accessToken.reveal()).toBe('abc');
    expect(token.digest).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(token.lifetime).toBe(300_000);
    expect(token.obtainedAt).toBeGreaterThanOrEqual(before);
    expect(token.obtainedAt).toBeLessThanOrEqual(Date.now());
  });

  test.each([
    ['token_type in lower case, as Dex writes it', { token_type: 'bearer' }, 300_000],
    ['no token_type, as DexTokenBroker allows', { token_type: undefined }, 300_000],
    ['an empty token_type', { token_type: '' }, 300_000],
    ['no expires_in', { expires_in: undefined }, 60_000],
    ['a null expires_in', { expires_in: null }, 60_000],
    ['the shortest lifetime', { expires_in: 1 }, 1000],
    ['the longest lifetime, ten years', { expires_in: 315_360_000 }, 315_360_000_000],
    ['members that nobody knows', { nested: { access_token: 5 }, list: [1, 'two'], yes: true }, 300_000],
  ])('may have %s', async (_name, members, lifetime) => {
    stub.respondWith(answerToken(members));
    expect((await minter.mint(tokenRequest())).lifetime).toBe(lifetime);
  });

  test('may have any content type', async () => {
    stub.respondWith(answer('{"access_token":"abc"}', 200, { 'content-type': 'text/html' }));
    expect((await minter.mint(tokenRequest())).accessToken.reveal()).toBe('abc');
  });

  test('gives all string and numeric members, numbers as they were written', async () => {
    stub.respondWith(
      answer('{"access_token":"abc","name":"Zoë","big":12345678901234567890,"real":1.50e1,"no":false,"in":{"x":1}}'),
    );
    const { fields } = await minter.mint(tokenRequest());
    expect([...fields].map(([name, value]) => [name, value.reveal()])).toEqual([
      ['access_token', 'abc'],
      ['name', 'Zoë'],
      ['big', '12345678901234567890'],
      ['real', '1.50e1'],
    ]);
  });
});

describe('a bad answer is an invalid token response (502)', () => {
  test.each<[string, string | Uint8Array]>([
    ['an empty body', ''],
    ['HTML', '<html><body>login</body></html>'],
    ['JSON cut off', '{"access_token":"abc"'],
    ['JSON with something behind it', '{"access_token":"abc"} trailing'],
    ['a form', 'access_token=abc&token_type=bearer'],
    ['bytes that are not UTF-8', Buffer.from('{"access_token":"ab\xff"}', 'latin1')],
    ['a list', '[{"access_token":"abc"}]'],
    ['a number', '17'],
    ['null', 'null'],
    ['a string', '"access_token"'],
    ['nesting without end', `{"access_token":"abc","x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    ['a prototype in place of a member', '{"__proto__":{"access_token":"abc"}}'],
  ])('%s', async (_name, body) => {
    stub.respondWith(answer(body));
    await expectInvalid();
  });

  test.each<[string, Record<string, unknown>]>([
    ['no access_token', { access_token: undefined }],
    ['a null access_token', { access_token: null }],
    ['an empty access_token', { access_token: '' }],
    ['a numeric access_token', { access_token: 12345 }],
    ['an access_token in a list', { access_token: ['abc'] }],
    ['a line break in access_token', { access_token: 'abc\r\nx-admin: true' }],
    ['a NUL in access_token', { access_token: 'abc\0' }],
    ['DEL in access_token', { access_token: 'abc\x7f' }],
    ['a space in access_token', { access_token: 'abc def' }],
    ['letters beyond ASCII in access_token', { access_token: 'abc€' }],
    ['another token_type', { token_type: 'DPoP' }],
    ['a token_type that contains Bearer', { token_type: 'Bearer ' }],
    ['a token_type that looks like Bearer', { token_type: 'bea\u212arer' }],
    ['a numeric token_type', { token_type: 1 }],
    ['a negative expires_in', { expires_in: -1 }],
    ['an expires_in of zero', { expires_in: 0 }],
    ['a fractional expires_in', { expires_in: 299.5 }],
    ['an expires_in in a string', { expires_in: '300' }],
    ['an expires_in of more than ten years', { expires_in: 315_360_001 }],
    ['an expires_in beyond all integers', { expires_in: 1e300 }],
    ['a Boolean expires_in', { expires_in: true }],
    ['an expires_in in a list', { expires_in: [300] }],
  ])('%s', async (_name, members) => {
    stub.respondWith(answerToken(members));
    await expectInvalid();
  });

  test('an expires_in that no double can hold', async () => {
    stub.respondWith(answer('{"access_token":"abc","expires_in":1e999}'));
    await expectInvalid();
  });
});

async function expectInvalid(): Promise<void> {
  const refusal = await refusalOf(minter.mint(tokenRequest()));
  expect(refusal).toMatchObject({ code: 'invalid_token_response', status: 502, message: 'invalid token response' });
}
