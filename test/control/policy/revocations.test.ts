import { describe, expect, test } from 'vitest';
import { build, createBuilder, document, exchangeEntry } from './documents.ts';

const OWN = [
  { id: 'health', match: { pathPrefix: '/healthz' }, action: 'pass' },
  {
    id: 'shop',
    match: { pathPrefix: '/shop' },
    action: 'clientCredentials',
    clientCredentials: {
      issuerRef: 'primary',
      clientId: { header: 'x-client-id' },
      clientSecret: { header: 'x-secret' },
    },
  },
  {
    id: 'batch',
    match: { pathPrefix: '/batch' },
    action: 'clientCredentials',
    clientCredentials: { issuerRef: 'primary', clientId: { value: 'batch' }, clientSecret: { value: 's' } },
  },
];
const TEAM = document('team-a.orders', [exchangeEntry('api.example', '/orders')]);
const policy = (...revocations: object[]) => ({ unmatched: 'pass', entries: OWN, revocations });
const revoking = (label: string, ...revocations: object[]) =>
  document(label, JSON.stringify({ version: 'v1', entries: [], revocations }));

/** The ids of routes that differ from a table without revocations, and what they are now. */
function touchedBy(...revocations: object[]): Record<string, string> {
  const digests = new Map(build([TEAM], policy()).table.routes.map(({ id, digest }) => [id, digest]));
  const { table } = build([TEAM], policy(...revocations));
  const touched = table.routes.filter(({ id, digest }) => digests.get(id) !== digest);
  return Object.fromEntries(touched.map((route) => [route.id, route.kind === 'deny' ? route.code : route.kind]));
}

describe('a revocation of the operator changes the routes that it touches, and no other', () => {
  test.each<[string, object, Record<string, string>]>([
    ['of a client', { client: 'app' }, { shop: 'decide', 'team-a.orders.0': 'decide' }],
    [
      'of the one client of a route',
      { client: 'batch' },
      { batch: 'route_revoked', shop: 'decide', 'team-a.orders.0': 'decide' },
    ],
    ['of the client that exchanges', { client: 'broker' }, { 'team-a.orders.0': 'route_revoked', shop: 'decide' }],
    ['of a subject', { subject: 'alice' }, { 'team-a.orders.0': 'decide' }],
    ['of an issuer', { issuer: 'https://login.example' }, { 'team-a.orders.0': 'decide' }],
    ['of a route', { route: 'health' }, { health: 'route_revoked' }],
    ["of a team's route", { route: 'team-a.orders.0' }, { 'team-a.orders.0': 'route_revoked' }],
    ['of a route that is not there', { route: 'none' }, {}],
  ])('%s', (_name, revocation, expected) => {
    expect(touchedBy(revocation)).toEqual(expected);
  });

  test('of another client is another change', () => {
    const digest = (client: string) => build([TEAM], policy({ client })).table.revision;
    expect(digest('a')).not.toBe(digest('b'));
  });
});

describe("a team's revocation", () => {
  const other = document('team-b.orders', [exchangeEntry('b.example', '/')], { owner: 'team-b' });

  test('touches the routes of the same owner alone, which it may call by their own ids', () => {
    const mine = document('team-a.orders', [exchangeEntry('api.example', '/orders')], { owner: 'team-a' });
    const digests = (revocations: object[]) =>
      build([mine, other, { ...revoking('team-a.stop', ...revocations), owner: 'team-a' }], policy()).table.routes;
    const before = digests([]);
    const changed = digests([{ subject: 'alice' }, { client: 'batch' }]).filter(
      ({ digest }) => !before.some((route) => route.digest === digest),
    );
    expect(changed.map(({ id }) => id)).toEqual(['team-a.orders.0']);
    const named = build(
      [
        document(
          'team-a.o',
          JSON.stringify({
            version: 'v1',
            entries: [{ id: 'x', ...exchangeEntry('h.example', '/') }],
            revocations: [{ route: 'x' }],
          }),
        ),
      ],
      policy(),
    );
    expect(named.table.routes.find(({ id }) => id === 'team-a.o.x')).toMatchObject({ code: 'route_revoked' });
  });

  test('stays as long as its document cannot be read, and ends when it is gone', () => {
    const next = createBuilder();
    const broken = document('team-a.stop', '{', { owner: 'team-a.orders' });
    const stop = { ...revoking('team-a.stop', { route: 'team-a.orders.0' }), owner: 'team-a.orders' };
    const routeOf = (documents: Parameters<typeof next>[0]) =>
      next(documents, policy()).table.routes.find(({ id }) => id === 'team-a.orders.0')?.kind;
    expect(routeOf([TEAM, stop])).toBe('deny');
    expect(routeOf([TEAM, broken])).toBe('deny');
    expect(routeOf([TEAM])).toBe('decide');
  });

  test('of a route is one, though the document may use its own ids', () => {
    const own = { ...revoking('orders', { route: '0' }), owner: 'team-a.orders' };
    expect(build([TEAM, own], policy()).revocations).toBe(1);
  });

  test('of before stays beside one that is bad', () => {
    const next = createBuilder();
    const stop = (...revocations: object[]) => ({ ...revoking('stop', ...revocations), owner: 'team-a.orders' });
    next([TEAM, stop({ route: 'team-a.orders.0' })], policy());
    const { table, problems } = next([TEAM, stop({ route: 'team-a.orders.0', until: 'tomorrow' })], policy());
    expect(table.routes.find(({ id }) => id === 'team-a.orders.0')?.kind).toBe('deny');
    expect(problems).toEqual([expect.stringMatching(/^configmap stop: revocations\[0\]: until: must match/)]);
  });
});

describe('a revocation with an end', () => {
  const until = '2026-11-25T10:00:00Z';
  const end = Date.parse(until);

  test('ends then, and the table says when it changes', () => {
    const at = (now: number) =>
      build([], policy({ route: 'health', until }, { client: 'x', until: '2027-01-01T00:00:00Z' }), now);
    expect(at(end - 1)).toMatchObject({ changesAt: end, revocations: 2 });
    expect(at(end - 1).table.routes.find(({ id }) => id === 'health')?.kind).toBe('deny');
    expect(at(end)).toMatchObject({ changesAt: Date.parse('2027-01-01T00:00:00Z'), revocations: 1 });
    expect(at(end).table.routes.find(({ id }) => id === 'health')?.kind).toBe('pass');
  });
});

describe('what is no revocation is told of', () => {
  test.each<[string, object, RegExp]>([
    ['nothing', { reason: 'none' }, /must name one of client, route, and subject or issuer/],
    ['two things', { client: 'a', route: 'b' }, /must name one of client, route/],
    ['a route with a time of issue', { route: 'a', issuedBefore: '2026-11-25T10:00:00Z' }, /issuedBefore: is not used/],
    ['no time', { client: 'a', until: '2026-11-25' }, /until: must match pattern/],
    ['a day that is none', { client: 'a', until: '2026-13-45T10:00:00Z' }, /until: is no time; write one such as/],
    ['an unknown field', { client: 'a', since: 'x' }, /since: is not a field/],
  ])('%s', (_name, revocation, expected) => {
    expect(build([revoking('a', revocation)], policy()).problems.join('\n')).toMatch(expected);
  });

  test("in the operator's own documents keeps control from starting, for nobody knows what was revoked", () => {
    const trusted = (content: string) => document('own', content, { owner: undefined });
    expect(() => build([trusted('{')], policy())).toThrow(/configmap own: line 1/);
    const next = createBuilder();
    next([trusted(JSON.stringify({ version: 'v1', entries: [], revocations: [{ route: 'health' }] }))], policy());
    const { table } = next([trusted('{')], policy());
    expect(table.routes.find(({ id }) => id === 'health')?.kind).toBe('deny');
  });
});
