import type { Case, Difference, Scenario } from '../case.ts';
import { deny, exchange } from './request-cases.ts';

const CLOSED: Difference = { status: [500, 503] };
/** Theirs refuses what ours exchanges. */
const OPEN: Difference = { status: [500, 200], also: ['body', 'authorization', 'tokenRequest'] };
/** Theirs refuses what ours lets pass. */
const PASSED: Difference = { status: [500, 200], also: ['body'] };

const at = (path: string, differs?: Difference, rest: Partial<Case> = {}): Case => ({
  ...{ name: `${rest.method ?? 'GET'} ${path}`, path, subject: 'good', ...rest },
  ...(differs === undefined ? {} : { differs }),
});

/** Documents that are bad in some way, beside others that are good. */
export const policyScenarios: readonly Scenario[] = [
  {
    name: 'bad entries',
    documents: {
      good: [exchange(), deny({ pathPrefix: '/denied' })],
      bad: [
        exchange({ issuerRef: 'elsewhere', scope: 'a' }, { pathPrefix: '/unknown-issuer' }),
        exchange({}, { pathPrefix: '/no-target' }),
        exchange({ issuerRef: undefined, scope: 'a' }, { pathPrefix: '/no-issuer' }),
        { ...exchange({}, { pathPrefix: '/no-exchange' }), exchange: undefined },
        { ...deny({ pathPrefix: '/odd-action' }), action: 'allow' },
        { match: { host: 'api.example.com', pathPrefix: '/no-action' } },
        { ...deny({ pathPrefix: '/some', methods: ['GET'] }), action: 'allow' },
      ],
    },
    cases: [
      at('/orders'),
      at('/denied'),
      ...['/unknown-issuer', '/no-target', '/no-issuer', '/no-exchange', '/odd-action', '/no-action', '/some'].map(
        (path) => at(path, CLOSED),
      ),
      at('/some', undefined, { method: 'POST' }),
    ],
  },
  {
    name: 'two that claim the same',
    documents: {
      one: [exchange(), exchange({ scope: 'a' }, { pathPrefix: '/methods', methods: ['GET'] })],
      other: [deny({ pathPrefix: '/orders' }), deny({ pathPrefix: '/methods', methods: ['PUT', 'POST'] })],
    },
    cases: [at('/orders', CLOSED), at('/methods'), at('/methods', undefined, { method: 'PUT' })],
  },
  {
    name: 'methods and all methods of one path',
    documents: { policy: [exchange({ scope: 'a' }, { methods: ['GET'] }), deny({ pathPrefix: '/orders' })] },
    cases: [at('/orders', OPEN), at('/orders', undefined, { method: 'PUT' })],
  },
  {
    name: 'a bad entry above a good one',
    documents: {
      policy: [
        { ...deny({ pathPrefix: '/orders' }), action: 'allow' },
        exchange({ scope: 'a' }, { pathPrefix: '/orders/1' }),
      ],
    },
    cases: [at('/orders/1', OPEN), at('/orders/2', CLOSED)],
  },
  {
    name: 'an unknown field in one entry',
    documents: { good: [exchange()], bad: [{ ...deny({ pathPrefix: '/denied' }), retries: 3 }] },
    cases: [at('/orders', OPEN), at('/denied', CLOSED), at('/elsewhere', PASSED)],
  },
  {
    name: 'a document that is no YAML',
    documents: { good: [exchange()], bad: 'version: v1\nentries: [' },
    cases: [at('/orders', OPEN), at('/elsewhere', PASSED)],
  },
  {
    name: 'a document of another version',
    documents: { good: [exchange()], bad: 'version: v2\nentries: []' },
    cases: [at('/orders', OPEN), at('/elsewhere', PASSED)],
  },
  {
    name: 'an entry without a host',
    documents: { policy: [exchange(), deny({ host: undefined, pathPrefix: '/hostless' })] },
    cases: [at('/orders'), at('/hostless', PASSED)],
  },
  {
    name: 'slashes at the end, queries and wildcards in a policy',
    documents: {
      policy: [
        deny({ pathPrefix: '/slash/' }),
        deny({ host: '*.wild.example', pathPrefix: '/' }),
        deny({ host: '*', pathPrefix: '/any' }),
      ],
    },
    cases: [
      at('/slash/1'),
      at('/slash', { status: [200, 403], also: ['body'] }),
      at('/', { status: [200, 403], also: ['body'] }, { host: 'a.wild.example' }),
      at('/any', { status: [200, 403], also: ['body'] }),
    ],
  },
];
