import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TestRoute } from '../host/table.ts';
import { Worker } from '../host/worker.ts';

/** What happens to a request: the id of the route that refused it, or undefined for none. */
function routeOf(worker: Worker, authority: string, path: string, method = 'GET'): string | undefined {
  const stream = worker.request([], { authority, path, method });
  worker.host.end(stream);
  return stream.response?.body;
}

function workerWith(routes: Pick<TestRoute, 'host' | 'pathPrefix' | 'methods'>[]): Worker {
  // A refusal whose body is the route's name shows which route matched.
  const named = routes.map(
    (route, index): TestRoute => ({ ...route, id: `r${index}`, kind: 'deny', denyBody: `r${index}` }),
  );
  return new Worker({ routes: named, unmatched: 'pass' });
}

describe('precedence', () => {
  const worker = workerWith([
    { host: '*', pathPrefix: '/' },
    { host: '*', pathPrefix: '/orders' },
    { host: 'api.example.com', pathPrefix: '/' },
    { host: '*.example.com', pathPrefix: '/orders' },
    { host: '*.shop.example.com', pathPrefix: '/orders' },
    { host: '*', pathPrefix: '/orders/archive', methods: ['GET', 'HEAD'] },
    { host: '*', pathPrefix: '/orders', methods: ['DELETE'] },
  ]);

  test.each([
    ['a.test', '/', 'GET', 'r0'],
    ['a.test', '/ordersX', 'GET', 'r0'],
    ['a.test', '/orders', 'GET', 'r1'],
    ['a.test', '/orders/', 'GET', 'r1'],
    ['a.test', '/orders/7?x=/orders/archive', 'GET', 'r1'],
    ['a.test', '/orders#fragment', 'GET', 'r1'],
    ['a.test', '/orders', 'DELETE', 'r6'],
    ['api.example.com', '/', 'GET', 'r2'],
    ['api.example.com', '/orders', 'GET', 'r3'],
    ['api.example.com', '/orders/archive/1', 'GET', 'r5'],
    ['api.example.com', '/orders/archive/1', 'POST', 'r3'],
    ['x.shop.example.com', '/orders', 'GET', 'r4'],
    ['a.b.shop.example.com', '/orders', 'GET', 'r4'],
    ['shop.example.com', '/orders', 'GET', 'r3'],
    ['example.com', '/orders', 'GET', 'r1'],
    ['API.Example.COM.', '/', 'GET', 'r2'],
    ['api.example.com:8443', '/', 'GET', 'r2'],
    ['api.example.com.:8443', '/', 'GET', 'r2'],
    ['[::1]:8443', '/orders', 'GET', 'r1'],
    [`${'a'.repeat(300)}.example.com`, '/orders', 'GET', 'r1'],
    ['', '', 'CONNECT', 'r0'],
    ['a.test', '*', 'OPTIONS', 'r0'],
  ])('%s%s %s is %s', (authority, path, method, expected) => {
    expect(routeOf(worker, authority, path, method)).toBe(expected);
  });
});

test('nothing matches where nothing claims', () => {
  const worker = workerWith([{ host: 'a.test', pathPrefix: '/a', methods: ['GET'] }]);
  expect(routeOf(worker, 'a.test', '/a', 'POST')).toBeUndefined();
  expect(routeOf(worker, 'b.test', '/a')).toBeUndefined();
  expect(routeOf(worker, 'a.test', '/')).toBeUndefined();
  expect(routeOf(worker, 'a.test', '/a/b')).toBe('r0');
});

/** The documented precedence, as plainly as it can be said. */
function naive(routes: TestRoute[], host: string, path: string, method: string): string | undefined {
  const hostRank = (pattern: string) =>
    pattern === host
      ? 1000
      : pattern === '*'
        ? 0
        : host.endsWith(pattern.slice(1)) && pattern[0] === '*'
          ? pattern.length
          : -1;
  const pathRank = (prefix: string) =>
    prefix === '/' ? 1 : path === prefix || path.startsWith(`${prefix}/`) ? prefix.length : -1;
  return routes
    .filter((route) => hostRank(route.host ?? '') >= 0 && pathRank(route.pathPrefix ?? '') > 0)
    .filter((route) => route.methods?.length === 0 || route.methods?.includes(method))
    .sort(
      (a, b) =>
        pathRank(b.pathPrefix ?? '') - pathRank(a.pathPrefix ?? '') ||
        hostRank(b.host ?? '') - hostRank(a.host ?? '') ||
        Number(b.methods?.length !== 0) - Number(a.methods?.length !== 0),
    )[0]?.denyBody;
}

test('agrees with a naive matcher on any table', () => {
  const label = fc.constantFrom('a', 'b', 'c');
  const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
  const host = fc.oneof(
    name,
    name.map((text) => `*.${text}`),
    fc.constant('*'),
  );
  const prefix = fc.array(label, { maxLength: 3 }).map((segments) => `/${segments.join('/')}`);
  const methods = fc.constantFrom<string[]>([], ['GET'], ['POST']);
  const tables = fc.uniqueArray(fc.record({ host, pathPrefix: prefix, methods }), {
    selector: (route) => JSON.stringify(route),
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(
      tables,
      fc.array(fc.tuple(name, prefix, fc.constantFrom('GET', 'POST')), { maxLength: 20 }),
      (table, requests) => {
        const worker = workerWith(table);
        for (const [authority, path, method] of requests) {
          expect(routeOf(worker, authority, path, method)).toBe(naive(worker.routes, authority, path, method));
        }
      },
    ),
    { numRuns: 100 },
  );
});
