import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { encode } from '../../../control/policy/encode.ts';
import { AMBIGUOUS_PATH, createMatcher, type Match } from '../../../control/policy/matcher.ts';
import { compileEntries, entry } from './policy-of.ts';

const MATCHER = readFileSync(new URL('../../../build/matcher.wasm', import.meta.url));

/** Routes: 0 is `a.example` under /api, 1 the rest of it for GET alone. */
function createTwo(): Match {
  const table = compileEntries([
    entry('api', { host: 'a.example', pathPrefix: '/api' }),
    entry('rest', { host: 'a.example', methods: ['GET'] }),
  ]);
  return createMatcher(MATCHER, encode(table, Buffer.alloc(32)));
}

test('each request is matched by itself, whatever the one before was', () => {
  const match = createTwo();
  expect(match('a.example', '/api/orders', 'POST')).toBe(0);
  expect(match('a.example', '/', 'GET')).toBe(1);
  expect(match('a.example', '/', 'POST')).toBe(-1);
  expect(match('', '', '')).toBe(-1);
  expect(match('a.example:8443', '/api', 'GET')).toBe(0);
  expect(match('a.example', '/x/..;/api', 'GET')).toBe(AMBIGUOUS_PATH);
  expect(match('a.example', '/api', 'GET')).toBe(0);
});

test('no request is too long to be told from the next one', () => {
  const match = createTwo();
  const long = 'x'.repeat(200_000);
  expect(match('a.example', `/api/${long}`, 'GET')).toBe(0);
  expect(match(long, `/${long}`, long)).toBe(-1);
  expect(match('a.example', `/${long}`, 'GET')).toBe(1);
  expect(match('a.example', '/api', 'DELETE')).toBe(0);
});

test('its memory may grow between two requests', () => {
  const match = createTwo();
  // Paths that can be read in many ways take memory of their own, at the first of them.
  expect(match('a.example', `/api${'/%2e'.repeat(10_000)}`, 'GET')).toBe(AMBIGUOUS_PATH);
  expect(match('a.example', '/api', 'DELETE')).toBe(0);
  expect(match('a.example', '/', 'GET')).toBe(1);
});

test('a table that is none is refused', () => {
  expect(() => createMatcher(MATCHER, Buffer.from('none'))).toThrow('the matcher refused the route table');
});
