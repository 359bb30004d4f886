import { describe, expect, test } from 'vitest';
import { encode, MAXIMUM_TABLE_BYTES } from '../../../control/policy/encode.ts';
import { build, document, exchangeEntry } from './documents.ts';

const orders = (methods?: readonly string[]) => ({
  ...exchangeEntry('api.example', '/orders'),
  match: { host: 'api.example', pathPrefix: '/orders', ...(methods && { methods }) },
});

describe('two entries that claim one region', () => {
  test('close it, and each is told of the other', () => {
    const { routeOf, problems, closed } = build([document('a', [orders()]), document('b', [orders()])]);
    expect(routeOf('api.example', '/orders')).toBe('closed');
    expect(closed).toHaveLength(1);
    expect(problems).toEqual([
      'configmap a: entries[0]: claims the same host, path and methods as configmap b: entries[0]; requests there are refused until one gives way',
      'configmap b: entries[0]: claims the same host, path and methods as configmap a: entries[0]; requests there are refused until one gives way',
    ]);
  });

  test('are named to each other, as long as they are few', () => {
    const { problems } = build([
      document(
        'a',
        Array.from({ length: 900 }, () => orders()),
      ),
    ]);
    expect(problems).toHaveLength(900);
    expect(problems[899]).toBe(
      'configmap a: entries[899]: claims the same host, path and methods as configmap a: entries[0], configmap a: entries[1], configmap a: entries[2], configmap a: entries[3], configmap a: entries[4] and 894 more; requests there are refused until one gives way',
    );
  });

  test('close it within one document too', () => {
    expect(build([document('a', [orders(), orders()])]).routeOf('api.example', '/orders')).toBe('closed');
  });

  test('close only the methods in which they meet', () => {
    const { routeOf } = build([document('a', [orders(['GET', 'POST'])]), document('b', [orders(['POST', 'PUT'])])]);
    const outcomes = ['GET', 'POST', 'PUT', 'DELETE'].map((method) => routeOf('api.example', '/orders', method));
    expect(outcomes).toEqual(['a.0', 'closed', 'b.0', 'pass']);
  });

  test('do not meet where one has methods and the other has none', () => {
    const { routeOf, problems } = build([document('a', [orders()]), document('b', [orders(['GET'])])]);
    expect(problems).toEqual([]);
    expect([routeOf('api.example', '/orders'), routeOf('api.example', '/orders', 'PUT')]).toEqual(['b.0', 'a.0']);
  });

  test('are opened again by a rule of their own below them', () => {
    const { routeOf } = build([
      document('a', [orders()]),
      document('b', [orders(), exchangeEntry('api.example', '/orders/b')]),
    ]);
    expect(routeOf('api.example', '/orders/b/1')).toBe('b.1');
  });
});

describe("the operator's own entries", () => {
  const policy = {
    unmatched: 'pass',
    entries: [
      { id: 'locked', match: { host: 'api.example', pathPrefix: '/orders' }, action: 'deny' },
      { id: 'read', match: { host: 'api.example', pathPrefix: '/reports', methods: ['GET'] }, action: 'pass' },
    ],
  };

  test('hold against a document that claims the same', () => {
    const { routeOf, problems, closed } = build([document('a', [orders()])], policy);
    expect(routeOf('api.example', '/orders')).toBe('locked');
    expect(closed).toEqual([]);
    expect(problems).toEqual([
      "configmap a: entries[0]: claims what the operator's policy entry locked claims, which holds; remove it, or narrow its match",
    ]);
  });

  test('hold method by method', () => {
    const reports = {
      match: { host: 'api.example', pathPrefix: '/reports', methods: ['GET', 'POST'] },
      action: 'deny',
    };
    const { routeOf } = build([document('a', [reports])], policy);
    expect(['GET', 'POST'].map((method) => routeOf('api.example', '/reports', method))).toEqual(['read', 'a.0']);
  });

  test('keep their ids against a document that would have the same', () => {
    const named = { unmatched: 'pass', entries: [{ id: 'a.0', match: { host: 'x.example' }, action: 'deny' }] };
    const { table } = build([document('a', [orders()])], named);
    expect(table.routes.map(({ id }) => id)).toEqual(['a.0', expect.stringMatching(/^a\.0-[0-9a-f]{16}$/)]);
  });
});

describe('hosts that have an owner', () => {
  const owned = { hosts: ['api.example', '*.team-a.example'] };
  const claims = (host: string) => build([document('a', [exchangeEntry(host, '/')], owned)]).problems;

  test.each(['api.example', 'API.example:443', 'x.team-a.example', 'y.x.team-a.example', '*.team-a.example'])(
    '%s may be claimed',
    (host) => expect(claims(host)).toEqual([]),
  );

  test.each(['other.example', 'team-a.example', 'evilteam-a.example', 'x.api.example', '*', '*.example'])(
    '%s may not',
    (host) => {
      expect(claims(host)[0]).toMatch(
        /claims the host .* which its owner may not; it may claim api.example, \*\.team-a/,
      );
    },
  );

  test('a claim for another host closes nothing and takes nothing', () => {
    const { routeOf, closed } = build([
      document(
        'a',
        [exchangeEntry('other.example', '/'), { match: { host: 'other.example', pathPrefix: '/b' } }],
        owned,
      ),
      document('b', [exchangeEntry('other.example', '/')]),
    ]);
    expect(closed).toEqual([]);
    expect([routeOf('other.example', '/a'), routeOf('other.example', '/b')]).toEqual(['b.0', 'b.0']);
  });

  test('without any host nothing may be claimed', () => {
    const { problems } = build([document('a', [orders()], { hosts: [] })]);
    expect(problems[0]).toMatch(/it may claim no host$/);
  });
});

describe('more entries than a table holds', () => {
  test('leave out whole documents, the same on every replica, and what nobody claims is refused meanwhile', () => {
    const many = (host: string) => Array.from({ length: 1000 }, (_, index) => exchangeEntry(host, `/${index}`));
    const documents = Array.from({ length: 11 }, (_, index) => document(`d${index}`, many(`h${index}.example`)));
    const { table, routeOf, problems } = build(documents.reverse());
    expect(table.routes).toHaveLength(10_000);
    // By name: d10 comes after d1.
    expect(routeOf('h9.example', '/1')).toBe('deny');
    expect(routeOf('h10.example', '/1')).toBe('d10.1');
    expect(problems).toEqual([
      expect.stringMatching(/^configmap d9: is left out: with it there would be more than 10000/),
    ]);
  });

  test('and larger ones than the filter reads do so too', () => {
    const strip = Array.from({ length: 60 }, (_, index) => `x-${index}-${'y'.repeat(100)}`);
    const exchange = { issuerRef: 'primary', scope: 'read', strip };
    const large = (host: string) =>
      Array.from({ length: 500 }, (_, index) => exchangeEntry(host, `/${index}`, { exchange }));
    const documents = ['a', 'b', 'c'].map((label) => document(label, large(`${label}.example`)));
    const small = document('d', [exchangeEntry('d.example', '/')]);
    const { table, routeOf, problems } = build([...documents, small]);
    expect(encode(table, Buffer.alloc(32)).length).toBeLessThanOrEqual(MAXIMUM_TABLE_BYTES);
    expect([routeOf('b.example', '/1'), routeOf('c.example', '/1'), routeOf('d.example', '/')]).toEqual([
      'b.1',
      'deny',
      'd.0',
    ]);
    expect(problems).toEqual([expect.stringMatching(/^configmap c: is left out: .* more than 8388608 bytes/)]);
  });

  test("are refused where they are the operator's own", () => {
    const strip = Array.from({ length: 60 }, (_, index) => `x-${index}-${'y'.repeat(100)}`);
    const entries = Array.from({ length: 1000 }, (_, index) => ({
      ...{ id: `own-${index}`, match: { pathPrefix: `/${index}` } },
      ...{ action: 'pass', pass: { strip } },
    }));
    expect(() => build([], { unmatched: 'pass', entries })).toThrow(
      /^policy: takes \d+ bytes of the route table; the most/,
    );
  });
});

test('neither the order of documents nor that of builds changes the table', () => {
  const documents = [document('a', [orders(['GET', 'POST'])]), document('b', [orders(['POST'])]), document('c', '{')];
  const revisions = [build(documents), build([...documents].reverse())].map(({ table }) => table.revision);
  expect(new Set(revisions).size).toBe(1);
});
