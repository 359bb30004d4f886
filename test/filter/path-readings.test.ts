import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TestRoute } from '../host/table.ts';
import { Worker } from '../host/worker.ts';
import { anyOrder, anyPath, DENIED, readCarelessly } from '../support/careless-backend.ts';

const ROUTES: TestRoute[] = [
  { id: 'public', pathPrefix: '/public', kind: 'pass' },
  { id: 'admin', pathPrefix: '/public/admin', kind: 'deny', denyBody: 'admin' },
  { id: 'secret', pathPrefix: '/secret', kind: 'deny', denyBody: 'secret' },
];

/** What the filter does with a path: `pass`, or the body of its refusal. */
function judge(worker: Worker, path: string): string {
  const stream = worker.request([], { path });
  worker.host.end(stream);
  return stream.response?.body.trim() ?? 'pass';
}

describe('a path that can be read in several ways', () => {
  const worker = new Worker({ routes: ROUTES, unmatched: 'pass' });

  test.each([
    '/public/%61dmin',
    '/public%2fadmin',
    '/public%2Fadmin/x',
    '/public%252fadmin',
    '/public/x/../admin',
    '/public/x/..%2fadmin',
    '/public/x/%2e%2e/admin',
    '/public/./admin',
    '/public//admin',
    '/public/\\admin',
    '/public\\admin',
    '/public%5cadmin',
    '/public/%00/../admin',
    '/public/..;/secret',
    '/public;x=1/admin',
    '/public/admin;x',
    '/x/../secret',
    '//secret',
    '/secret%00.png',
    '/secret%3fx',
    '/secret%23',
    '/public/../secret/%2e%2e/public',
    '/%5C;a=b%2f%25/secret',
    '/public/../secret%2f..',
    '/public/../%2e%2e/secret/%252e%252e',
    '/se%09cret',
    '/se%250acret',
  ])('%s is refused where its readings meet different rules', (path) => {
    expect(judge(worker, path)).toBe('ambiguous path');
  });

  test.each([
    ['/public/a%2Fb', 'pass'],
    ['/public/files/%E2%82%AC.txt', 'pass'],
    ['/public/a;v=1/b', 'pass'],
    ['/public//a/./b/../c', 'pass'],
    ['/public/a\\b', 'pass'],
    ['/public/100%', 'pass'],
    ['/public/%zz', 'pass'],
    ['/public?next=/../secret', 'pass'],
    ['/secret/%2e%2e/secret/x', 'secret'],
    ['/elsewhere%2Fx', 'pass'],
    ['/public/admin/a%2Fb', 'admin'],
  ])('%s is %s where they all meet one', (path, expected) => {
    expect(judge(worker, path)).toBe(expected);
  });

  test('is refused when it has more readings than are looked at', () => {
    expect(judge(worker, `/public/${'%252f;%5c..%09//'.repeat(400)}`)).toBe('ambiguous path');
    expect(judge(worker, `/public/${'%41'.repeat(15_000)}`)).toBe('ambiguous path');
    expect(judge(worker, `/public/${'%41'.repeat(5000)}`)).toBe('pass');
  });

  test('is answered with 400', () => {
    const stream = worker.request([], { path: '/public%2fadmin' });
    expect(stream.response).toMatchObject({ status: 400, details: 'token_broker_path' });
  });

  test('is no matter to a table with one rule for all', () => {
    const one = new Worker({ routes: [{ id: 'all', kind: 'pass' }] });
    expect(judge(one, '/a%2f..//b;x')).toBe('pass');
    expect(judge(one, `/${'%252f;%5c..%09//'.repeat(400)}`)).toBe('pass');
  });
});

test('no backend that decodes, merges, resolves or drops in any order reads a way to what is denied', () => {
  const worker = new Worker({ routes: ROUTES, unmatched: 'pass' });
  fc.assert(
    fc.property(anyPath, anyOrder, (path, order) => {
      if (judge(worker, path) === 'pass') expect(readCarelessly(path, order)).not.toMatch(DENIED);
    }),
    { numRuns: 5000 },
  );
});
