import { expect, test } from 'vitest';
import { readCallerToken } from '../../../control/decide/read-token.ts';
import type { TokenPlace } from '../../../control/decide/route.ts';

const refusal = { status: 401, body: 'unauthorized\n' };
const place: TokenPlace = {
  input: { source: 'header', name: 'authorization', maximumBytes: 1_000_000, refusal },
  prefix: 'Bearer ',
  prefixRequired: false,
};
const read = (value: string) => readCallerToken([place], new Map([['authorization', [Buffer.from(value)]]]))?.reveal();

test.each([
  ['Bearer token', 'token'],
  ['bEARER \t token\t ', 'token'],
  [' token ', 'token'],
  ['Bearer \u00a0token', Buffer.from('\u00a0token').toString('latin1')],
  ['Bearer ', undefined],
  [' \t ', undefined],
])('%j holds the token %j', (value, token) => {
  expect(read(value)).toBe(token);
});

test('blanks inside a token cost no more than other characters', () => {
  // A search that begins anew at each of them takes minutes.
  const token = `a${' \t'.repeat(200_000)}b`;
  expect(read(`Bearer ${token}`)).toBe(token);
});
