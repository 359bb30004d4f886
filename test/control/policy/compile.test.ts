import { describe, expect, test } from 'vitest';
import { compileEntries, entry, problemsOf } from './policy-of.ts';

const header = (name: string) => ({ from: 'header', header: name }) as const;

describe('a compiled entry', () => {
  test('names its inputs with the limits and texts of DexTokenBroker', () => {
    const { routes } = compileEntries([entry('orders', {}, { clientId: header('X-App'), scope: header('x-scope') })]);
    expect(routes[0]).toMatchObject({
      id: 'orders',
      kind: 'decide',
      inputs: [
        { name: 'x-app', maximumBytes: 256, refusal: { status: 400, body: 'X-App too long\n' } },
        { name: 'x-client-secret', maximumBytes: 4096, refusal: { status: 400, body: 'X-Client-Secret too long\n' } },
        { name: 'x-scope', maximumBytes: 1024, refusal: { status: 400, body: 'X-Scope too long\n' } },
      ],
    });
  });

  test('strips the credentials, and every header that a token may or may not fill', () => {
    const tokenHeaders = [{ field: 'id_token', header: 'X-Id-Token' }];
    const { routes } = compileEntries([entry('orders', {}, { tokenHeaders, strip: ['x-client-id', 'X-Debug'] })]);
    expect(routes[0]?.strip).toEqual(['x-client-id', 'x-client-secret', 'x-id-token', 'x-debug']);
  });

  test('has its host in lower case and its path without a slash at the end', () => {
    const { routes } = compileEntries([
      entry('a', { host: '*.Example.COM', pathPrefix: '/orders/', methods: ['POST', 'GET', 'POST'] }),
    ]);
    expect(routes[0]?.match).toEqual({ host: '*.example.com', pathPrefix: '/orders', methods: ['GET', 'POST'] });
  });

  test('refuses with 403 when its kind is deny, and changes nothing when it is pass', () => {
    const { routes } = compileEntries([
      entry('a', { pathPrefix: '/a' }, { kind: 'deny' }),
      entry('b', { pathPrefix: '/b' }, { kind: 'pass' }),
    ]);
    expect(routes).toMatchObject([
      { kind: 'deny', status: 403, body: 'policy denied\n', strip: [] },
      { kind: 'pass', strip: [] },
    ]);
  });

  test('stands in the order of the ids, whatever the order of the entries', () => {
    const entries = [
      entry('b', { pathPrefix: '/b' }),
      entry('a', { pathPrefix: '/a' }),
      entry('B', { pathPrefix: '/c' }),
    ];
    const table = compileEntries(entries);
    expect(table.routes.map(({ id }) => id)).toEqual(['B', 'a', 'b']);
    expect(compileEntries(entries.toReversed())).toEqual(table);
  });
});

describe('regions', () => {
  test.each<[string, Parameters<typeof entry>[1], Parameters<typeof entry>[1]]>([
    ['the same', {}, {}],
    ['the same in other words', { host: 'A.example', pathPrefix: '/x' }, { host: 'a.example', pathPrefix: '/x/' }],
    ['the same methods', { methods: ['GET', 'PUT'] }, { methods: ['PUT', 'GET'] }],
    ['a method in common', { methods: ['GET', 'PUT'] }, { methods: ['PUT', 'POST'] }],
  ])('that are %s are refused, both named', (_name, one, other) => {
    expect(problemsOf([entry('one', one), entry('other', other)])).toEqual([
      expect.stringMatching(/^policy entry one: claims the same host, path and methods as policy entry other/),
    ]);
  });

  test.each<[string, Parameters<typeof entry>[1], Parameters<typeof entry>[1]]>([
    ['hosts', { host: 'a.example' }, { host: '*.example' }],
    ['paths', { pathPrefix: '/a' }, { pathPrefix: '/ab' }],
    ['methods', { methods: ['GET'] }, { methods: ['PUT'] }],
    ['some methods and all of them', { methods: ['GET'] }, {}],
  ])('with other %s stand side by side', (_name, one, other) => {
    expect(problemsOf([entry('one', one), entry('other', other)])).toEqual([]);
  });
});

describe('problems', () => {
  test.each<[string, Parameters<typeof entry>[1], RegExp]>([
    ['a port', { host: 'a.example:80' }, /host "a.example:80" holds a port/],
    ['a trailing dot', { host: 'a.example.' }, /host "a.example." ends in a dot/],
    ['a star in the middle', { host: 'a.*.example' }, /is not a host/],
    ['a scheme', { host: 'https://a' }, /is not a host/],
    ['an empty host', { host: '' }, /is not a host/],
    ['a long host', { host: 'a'.repeat(254) }, /is longer than 253/],
    ['an empty path', { pathPrefix: '' }, /is not a path/],
    ['a relative path', { pathPrefix: 'orders' }, /is not a path/],
    ['a query', { pathPrefix: '/a?b' }, /holds \? or #/],
    ['a blank', { pathPrefix: '/a b' }, /is not a path/],
    ['dots', { pathPrefix: '/a/../b' }, /holds an empty, \. or \.\. segment/],
    ['dots at the end', { pathPrefix: '/a/..' }, /holds an empty, \. or \.\. segment/],
    ['an empty segment', { pathPrefix: '//a' }, /holds an empty, \. or \.\. segment/],
    ['a lower-case method', { methods: ['get'] }, /method "get" is not an HTTP method/],
    ['too many methods', { methods: Array.from({ length: 33 }, (_, index) => `M${index}`) }, /has 33 methods/],
  ])('%s', (_name, match, expected) => {
    expect(problemsOf([entry('one', match)])).toEqual([expect.stringMatching(expected)]);
  });

  test.each([
    ':path',
    'host',
    'Host',
    'connection',
    'TE',
    'transfer-encoding',
    'content-length',
    'Content-Encoding',
    'upgrade',
    'x-broker-route',
    'X-Inject-Authorization',
    'x-envoy-auth-headers-to-remove',
    '',
    'a b',
    'a:b',
    'ü',
    'a'.repeat(129),
  ])('the header %j, wherever it stands', (name) => {
    const places = [
      { clientId: header(name) },
      { clientSecret: header(name) },
      { scope: header(name) },
      { authorizationHeader: name },
      { tokenHeaders: [{ field: 'f', header: name }] },
      { strip: [name] },
    ];
    for (const place of places) {
      expect(problemsOf([entry('one', {}, place)]).join()).toMatch(/^policy entry one: .*choose another header/);
    }
    expect(problemsOf([entry('one', {}, { kind: 'pass', strip: [name] })]).join()).toContain('choose another header');
  });

  test('of what an entry refers to, and of the entries among each other', () => {
    expect(problemsOf([entry('one', {}, { issuer: 'none' })]).join()).toContain(
      'an issuer none that does not exist; known: dex',
    );
    expect(problemsOf([entry('one', { pathPrefix: '/a' }), entry('one', { pathPrefix: '/b' })]).join()).toContain(
      'comes twice',
    );
    expect(problemsOf([entry('o ne')]).join()).toContain('needs an id of');
    expect(problemsOf([entry('one', {}, { scope: header('X-Client-Id') })]).join()).toContain(
      'reads two parts of the credentials from one header',
    );
    const strip = Array.from({ length: 63 }, (_, index) => `x-${index}`);
    expect(problemsOf([entry('one', {}, { strip })]).join()).toContain('has 65 headers; the most is 64');
  });

  test('are told all at once', () => {
    expect(
      problemsOf([entry('a', { host: 'a:1' }), entry('b', { pathPrefix: 'b' }, { strip: ['host'] })]),
    ).toHaveLength(3);
  });
});
