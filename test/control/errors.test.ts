import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { catalogued, ERROR_CODES } from '../../control/errors.ts';

const PAGE = readFileSync(new URL('../../docs/debugging-401.md', import.meta.url), 'utf8');

test('docs/debugging-401.md has a row for every code with its status', () => {
  const rows = PAGE.split('\n').filter((line) => /^\| `[a-z_]+`.*\| \d{3} \|/.test(line));
  const documented = rows.flatMap((row) => {
    const [, codes = '', status = ''] = row.split('|');
    return (codes.match(/[a-z_]{3,}/g) ?? []).map((code) => [code, Number(status)] as const);
  });
  const expected = ERROR_CODES.map((code) => [code, catalogued(code).status] as const);
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(expected));
});
