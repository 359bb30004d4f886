import { describe, expect, test } from 'vitest';
import { build, createBuilder, document, exchangeEntry } from './documents.ts';

const ORDERS = exchangeEntry('api.example', '/orders');
const DENIED = { match: { host: 'api.example', pathPrefix: '/admin', methods: ['*'] }, action: 'deny' };

describe("a team's document", () => {
  const clientEntry = (issuerRef: string) => ({
    match: { host: 'api.example', pathPrefix: '/reports' },
    action: 'clientCredentials',
    clientCredentials: {
      issuerRef,
      clientId: { value: 'broker' },
      clientSecret: { value: 'own' },
      scope: { value: 'all' },
    },
  });

  test('gets no token for a client whose proof is the key of the operator', () => {
    const { problems, routeOf } = build([document('a', [clientEntry('keyed')])]);
    expect(problems).toEqual([
      expect.stringMatching(/clientCredentials asks for tokens by the operator's own jwt_assertion_file/),
    ]);
    expect(routeOf('api.example', '/reports')).toBe('closed');
    expect(build([document('a', [clientEntry('primary')])]).problems).toEqual([]);
    const own = { unmatched: 'pass', entries: [{ id: 'own', ...clientEntry('keyed') }] };
    expect(build([], own).routeOf('api.example', '/reports')).toBe('own');
  });

  test('says the same when it is read again', () => {
    const builder = createBuilder();
    const documents = [
      document('a', [ORDERS, { ...DENIED, nonsense: 1 }, { id: 'x', ...DENIED, match: { host: 'b' } }]),
    ];
    const [first, again] = [builder(documents), builder(documents)];
    expect(again.table).toEqual(first.table);
    expect(again.problems).toEqual(first.problems);
  });

  test('is in force, its entries named by where they stand or by their own ids', () => {
    const { table, sources, routeOf } = build([document('team-a.orders', [ORDERS, { id: 'locked', ...DENIED }])]);
    expect(table.routes.map(({ id, kind }) => [id, kind])).toEqual([
      ['team-a.orders.0', 'decide'],
      ['team-a.orders.locked', 'deny'],
    ]);
    expect(sources).toEqual([{ name: 'configmap team-a.orders', entries: 2, problems: [] }]);
    expect(routeOf('API.example:443', '/orders/1')).toBe('team-a.orders.0');
    expect(routeOf('api.example', '/ordersX')).toBe('pass');
    expect(routeOf('api.example', '/admin', 'PUT')).toBe('team-a.orders.locked');
  });

  test.each<[string, object]>([
    ['a host with a port, in capitals, between blanks', { host: ' API.Example:8443 ', pathPrefix: '/orders' }],
    ['a path without its slash', { host: 'api.example', pathPrefix: ' orders' }],
    ['methods in small letters', { host: 'api.example', pathPrefix: '/orders', methods: [' get ', 'POST', ''] }],
    ['a star among the methods', { host: 'api.example', pathPrefix: '/orders', methods: ['POST', '*'] }],
  ])('may have %s, as with ext-authz-token-exchange', (_name, match) => {
    const { routeOf, problems } = build([document('a', [{ ...ORDERS, match }])]);
    expect(problems).toEqual([]);
    expect(routeOf('api.example', '/orders/1', 'GET')).toBe('a.0');
  });

  test('may write the action in any case, leave what is empty, and have an exchange beside a deny', () => {
    const exchange = { issuerRef: 'primary', scope: ' ', resources: [''], audiences: [' orders-api '] };
    const entries = [
      { ...ORDERS, action: ' Exchange ', exchange },
      { ...DENIED, exchange: { scope: 'ignored' } },
    ];
    const { table, problems } = build([document('a', entries)]);
    expect(problems).toEqual([]);
    expect(table.routes[0]).toMatchObject({
      action: { scope: undefined, resources: [], audiences: ['orders-api'], clientId: 'broker' },
    });
  });

  test.each<[string, object | string, RegExp]>([
    ['an unknown field', { ...ORDERS, exchnage: {} }, /entries\[0\]: exchnage: is not a field; known here: id, match/],
    [
      'an unknown issuer',
      exchangeEntry('h.example', '/', { exchange: { issuerRef: 'x', scope: 's' } }),
      /names an issuer x/,
    ],
    [
      'nothing to ask for',
      { ...ORDERS, exchange: { issuerRef: 'primary' } },
      /exchange: .*at least one of scope, resources/,
    ],
    ['no issuer', { ...ORDERS, exchange: { scope: 'read' } }, /entries\[0\]: exchange.issuerRef: is missing/],
    ['no exchange', { ...ORDERS, exchange: undefined }, /entries\[0\]: exchange: is missing/],
    ['no action', { ...ORDERS, action: undefined }, /entries\[0\]: action: is missing/],
    [
      'another action',
      { ...ORDERS, action: 'allow' },
      /action: must be one of pass, deny, clientCredentials, exchange/,
    ],
    ['no match', { ...ORDERS, match: undefined }, /entries\[0\]: match: is missing/],
    ['no host', { ...ORDERS, match: { pathPrefix: '/' } }, /entries\[0\]: match.host: is missing/],
    ['a resource that is no URI', { ...ORDERS, exchange: { issuerRef: 'primary', resources: ['x'] } }, /absolute URI/],
    [
      "a file of the operator's",
      { ...ORDERS, exchange: { issuerRef: 'primary', clientId: { file: '/etc/passwd' }, scope: 's' } },
      /exchange.clientId: is for the operator's own configuration alone/,
    ],
    [
      "a variable of the operator's",
      { ...ORDERS, exchange: { issuerRef: 'primary', scope: { environment: 'SECRET' } } },
      /exchange.scope: is for the operator's own configuration alone/,
    ],
    ['an entry that is none', 'orders', /entries\[0\]: must be object/],
  ])('is told of %s, by document, entry and field', (_name, entry, expected) => {
    const { problems } = build([document('team-a.orders', [entry as object])]);
    expect(problems.join('\n')).toMatch(expected);
    expect(problems[0]).toMatch(/^configmap team-a\.orders: entries\[0\]/);
  });

  test.each([
    ['another version', 'version: v2\nentries: []', /^configmap a: version: must be v1$/],
    ['no YAML', 'version: v1\nentries: [planted', /^configmap a: line 2, column \d+: is not YAML/],
    ['no entries', 'version: v1', /^configmap a: entries: is missing; set it$/],
    ['nothing', '', /^configmap a: must be object/],
  ])('is told of %s', (_name, text, expected) => {
    const { problems } = build([document('a', text)]);
    expect(problems.join('\n')).toMatch(expected);
    expect(problems.join('\n')).not.toContain('planted');
  });
});

describe('a bad entry', () => {
  test('closes the region that it claims, and nothing else', () => {
    const bad = exchangeEntry('api.example', '/orders', { exchange: { issuerRef: 'none', scope: 's' } });
    const { routeOf, closed } = build([
      document('a', [bad, exchangeEntry('api.example', '/orders/open')]),
      document('b', [exchangeEntry('api.example', '/payments')]),
    ]);
    expect(closed).toEqual([{ host: 'api.example', pathPrefix: '/orders', methods: [] }]);
    expect(routeOf('api.example', '/orders/1')).toBe('closed');
    expect(routeOf('api.example', '/orders/open/1')).toBe('a.1');
    expect(routeOf('api.example', '/payments')).toBe('b.0');
    expect(routeOf('other.example', '/orders/1')).toBe('pass');
  });

  test('closes the methods that it claims; those that cannot be read are all', () => {
    const [get, unreadable] = [['GET'], ['GET', 7]];
    const bad = (pathPrefix: string, methods: unknown) => ({
      match: { host: 'h.example', pathPrefix, methods },
      action: 'x',
    });
    const { routeOf } = build([document('a', [bad('/get', get), bad('/all', unreadable)])]);
    expect([routeOf('h.example', '/get'), routeOf('h.example', '/get', 'POST')]).toEqual(['closed', 'pass']);
    expect([routeOf('h.example', '/all'), routeOf('h.example', '/all', 'POST')]).toEqual(['closed', 'closed']);
  });

  test.each<[string, object]>([
    ['a host', { host: 'not a host', pathPrefix: '/' }],
    ['a path', { host: 'h.example', pathPrefix: '/a?b' }],
    ['both', {}],
  ])('whose region cannot be told for want of %s takes nothing down', (_name, match) => {
    const { routeOf, closed, problems } = build([
      document('bad', [{ ...ORDERS, match }]),
      document('good', [exchangeEntry('h.example', '/')]),
    ]);
    expect(problems).not.toEqual([]);
    expect(closed).toEqual([]);
    expect(routeOf('h.example', '/a')).toBe('good.0');
  });
});

describe('a document that can no longer be read', () => {
  test.each([
    ['is no YAML', '{'],
    ['is no policy', 'version: v1'],
    ['has lost its key', undefined],
  ])('because it %s keeps closed what it claimed, until it can be read or is gone', (_name, broken) => {
    const next = createBuilder();
    const other = document('b', [exchangeEntry('api.example', '/payments')]);
    expect(next([document('a', [ORDERS]), other]).routeOf('api.example', '/orders')).toBe('a.0');

    const closed = next([document('a', broken), other]);
    expect(closed.routeOf('api.example', '/orders')).toBe('closed');
    expect(closed.routeOf('api.example', '/payments')).toBe('b.0');
    expect(next([document('a', broken), other]).routeOf('api.example', '/orders')).toBe('closed');

    expect(next([document('a', [ORDERS]), other]).routeOf('api.example', '/orders')).toBe('a.0');
    expect(next([other]).routeOf('api.example', '/orders')).toBe('pass');
    expect(next([document('a', broken), other]).routeOf('api.example', '/orders')).toBe('pass');
  });

  test('and that nobody has ever seen closes what its owner may claim, as far as nobody else claims it', () => {
    const hosts = ['a.example', '*.b.example', 'taken.example', 'no host'];
    const unknown = (label: string) => document(label, undefined, { hosts });
    const taken = document('other', [exchangeEntry('taken.example', '/'), exchangeEntry('a.example', '/orders')]);
    const { routeOf, closed, problems } = build([unknown('one'), unknown('two'), taken]);
    expect(problems).toEqual(['configmap one: has no config.yaml', 'configmap two: has no config.yaml']);
    expect(closed.map(({ host, pathPrefix }) => host + pathPrefix)).toEqual(['a.example/', '*.b.example/']);
    const outcomes = ['a.example', 'x.b.example', 'taken.example', 'c.example'].map((host) => routeOf(host, '/x'));
    expect(outcomes).toEqual(['closed', 'closed', 'other.0', 'pass']);
    expect(routeOf('a.example', '/orders')).toBe('other.1');
  });

  test('closes nothing that it never claimed once it could be read', () => {
    const next = createBuilder();
    const hosts = ['api.example'];
    next([document('a', [ORDERS], { hosts })]);
    const { routeOf } = next([document('a', undefined, { hosts })]);
    expect([routeOf('api.example', '/orders'), routeOf('api.example', '/')]).toEqual(['closed', 'pass']);
  });
});
