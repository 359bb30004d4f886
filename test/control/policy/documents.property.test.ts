import fc from 'fast-check';
import { expect, test } from 'vitest';
import { build, document, exchangeEntry } from './documents.ts';

const GOOD = document('good', [exchangeEntry('good.example', '/')]);

/** Most of what a team's document may say. */
const WHOLE = {
  version: 'v1',
  entries: [
    {
      id: 'orders',
      match: { host: '*.team.example', pathPrefix: '/orders', methods: ['GET', 'POST'] },
      action: 'exchange',
      unauthenticatedOptions: 'preflight',
      authenticate: {
        providers: ['callers'],
        from: [{ header: 'authorization', prefix: 'Bearer ' }, { cookie: 'session' }],
        afterwards: { forwardAs: 'x-token' },
        claimToHeaders: [{ claim: 'sub', header: 'x-user', format: 'plain' }],
        claimToFilterState: [{ claim: 'sub', name: 'user', format: 'json' }],
        payloadToFilterState: 'payload',
        requiredScopes: ['orders'],
        workloads: ['spiffe://team.example/*'],
        envoyClaims: [{ claim: 'jwt.sub', equals: 'a' }],
        maximumDecisionAge: '1m',
      },
      exchange: {
        issuerRef: 'primary',
        grant: 'tokenExchange',
        scope: 'read',
        resources: ['https://team.example/'],
        audiences: ['team'],
        subjectToken: { header: 'x-subject', prefix: 'Token ' },
        subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
        requestedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
        actorToken: { cookie: 'actor', type: 'urn:ietf:params:oauth:token-type:jwt' },
        extraParameters: { connector_id: 'a' },
        authorizationHeader: 'x-out',
        tokenHeaders: [{ field: 'id_token', header: 'x-id-token' }],
        strip: ['x-secret'],
        maximumDecisionAge: '30s',
      },
    },
    { match: { host: 'team.example', pathPrefix: '/healthz' }, action: 'pass', pass: { strip: ['x-debug'] } },
    { match: { host: 'team.example', pathPrefix: '/internal' }, action: 'deny' },
  ],
  revocations: [
    { client: 'app', reason: 'r' },
    { subject: 's', issuer: 'i', issuedBefore: '2026-01-01T00:00:00Z' },
  ],
};

type Path = readonly (string | number)[];

/** Every place in a document. */
function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  return [
    path,
    ...[...keys].flatMap((key) => pathsIn((value as Record<string | number, unknown>)[key], [...path, key])),
  ];
}

/** The same with something else in one place. */
function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '*',
    '/',
    '//',
    '/a/../b',
    'jwt.a:b',
    '__proto__',
    'host',
    'x-broker-a',
    '[::1]',
    'a\0b',
    'ä',
    ' ',
    '1e9h',
  ),
  fc.string({ minLength: 2000, maxLength: 3000 }),
);
const anything = fc.oneof(
  text,
  fc.jsonValue(),
  fc.array(text, { maxLength: 70 }),
  fc.dictionary(text, text, { maxKeys: 40 }),
  fc.constantFrom(null, -1, 1e308, true, [], {}),
);

test('the whole document is good', () => {
  expect(build([GOOD, document('team', JSON.stringify(WHOLE))]).problems).toEqual([]);
});

test('whatever stands anywhere in a document, others are served, and filters take the table', () => {
  fc.assert(
    fc.property(fc.constantFrom(...pathsIn(WHOLE)), anything, (path, value) => {
      // Without hosts of its own it could claim those of others.
      const hosts = ['team.example', '*.team.example'];
      const { routeOf } = build([GOOD, document('team', JSON.stringify(replaced(WHOLE, path, value)), { hosts })]);
      expect(routeOf('good.example', '/orders')).toBe('good.0');
    }),
    { numRuns: 400 },
  );
});

test('whatever bytes a document holds, others are served, and filters take the table', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(), (noise, at) => {
      const whole = JSON.stringify(WHOLE);
      const cut = at % whole.length;
      const { routeOf } = build([
        GOOD,
        document('team', whole.slice(0, cut) + noise + whole.slice(cut + noise.length)),
      ]);
      expect(routeOf('good.example', '/orders')).toBe('good.0');
    }),
    { numRuns: 100 },
  );
});
