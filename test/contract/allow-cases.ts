import { createHash } from 'node:crypto';
import { type ContractCase, REVISION, ROUTE } from './case.ts';

const TOKEN = 'a-token';
const DIGEST = createHash('sha256').update(TOKEN).digest('hex');
const CREDENTIALS = { 'x-client-id': 'app', 'x-client-secret': 'app-secret' };

const DECISION = [
  ['x-broker-decision', 'allow'],
  ['x-broker-route', ROUTE],
  ['x-broker-revision', REVISION],
  ['cache-control', 'no-store'],
] as const;
const INJECTED = [
  ['x-inject-authorization', `Bearer ${TOKEN}`],
  ['x-broker-token-digest', DIGEST],
] as const;

/** Answers that let a request through. */
export const ALLOW_CASES: readonly ContractCase[] = [
  {
    name: 'a token with an hour to live',
    answer: {
      status: 200,
      headers: [
        ...DECISION,
        ...INJECTED,
        // 3600 s less 30 s of margin; three quarters of that until the refresh.
        ['token-broker-cache-control', 'max-age=2677, stale-while-revalidate=893, stale-if-error=893'],
      ],
      body: '',
    },
    outcome: {
      kind: 'allow',
      inject: { authorization: `Bearer ${TOKEN}` },
      tokenDigest: DIGEST,
      freshness: { maxAge: 2677, staleWhileRevalidate: 893, staleIfError: 893 },
    },
    situation: { inputs: CREDENTIALS, issuer: { access_token: TOKEN, expires_in: 3600 } },
  },
  {
    name: 'a token without a second left: not cacheable',
    answer: { status: 200, headers: [...DECISION, ...INJECTED], body: '' },
    outcome: {
      kind: 'allow',
      inject: { authorization: `Bearer ${TOKEN}` },
      tokenDigest: DIGEST,
      freshness: undefined,
    },
    situation: { inputs: CREDENTIALS, issuer: { access_token: TOKEN, expires_in: 1 } },
  },
  {
    name: 'caching switched off',
    answer: { status: 200, headers: [...DECISION, ...INJECTED], body: '' },
    outcome: {
      kind: 'allow',
      inject: { authorization: `Bearer ${TOKEN}` },
      tokenDigest: DIGEST,
      freshness: undefined,
    },
    situation: {
      inputs: CREDENTIALS,
      environment: { CACHE_MAX_ENTRIES: '0' },
      issuer: { access_token: TOKEN, expires_in: 3600 },
    },
  },
  {
    name: 'more headers, one of them numeric, and none for an absent member',
    answer: {
      status: 200,
      headers: [
        ...DECISION,
        ...INJECTED,
        ['x-inject-x-id-token', 'an-id-token'],
        ['x-inject-x-level', '3'],
        ['token-broker-cache-control', 'max-age=202, stale-while-revalidate=68, stale-if-error=68'],
      ],
      body: '',
    },
    outcome: {
      kind: 'allow',
      inject: { authorization: `Bearer ${TOKEN}`, 'x-id-token': 'an-id-token', 'x-level': '3' },
      tokenDigest: DIGEST,
      freshness: { maxAge: 202, staleWhileRevalidate: 68, staleIfError: 68 },
    },
    situation: {
      inputs: CREDENTIALS,
      environment: { UPSTREAM_TOKEN_HEADERS: 'id_token:x-id-token,level:x-level,absent:x-absent' },
      issuer: { access_token: TOKEN, expires_in: 300, id_token: 'an-id-token', level: 3 },
    },
  },
  {
    name: 'nothing to inject',
    answer: { status: 200, headers: DECISION, body: '' },
    outcome: { kind: 'allow', inject: {}, tokenDigest: undefined, freshness: undefined },
  },
  {
    name: 'max-age alone, and directives that are not known',
    answer: {
      status: 200,
      headers: [...DECISION, ...INJECTED, ['token-broker-cache-control', 'max-age=5,must-understand, other=1']],
      body: '',
    },
    outcome: {
      kind: 'allow',
      inject: { authorization: `Bearer ${TOKEN}` },
      tokenDigest: DIGEST,
      freshness: { maxAge: 5, staleWhileRevalidate: 0, staleIfError: 0 },
    },
  },
  {
    name: 'headers that proxies add on the way',
    answer: {
      status: 200,
      headers: [
        ...DECISION,
        ...INJECTED,
        ['x-envoy-upstream-service-time', '3'],
        ['date', 'Mon, 23 Nov 2026 05:00:00 GMT'],
        ['authorization', 'Bearer not-this-one'],
      ],
      body: '',
    },
    outcome: {
      kind: 'allow',
      inject: { authorization: `Bearer ${TOKEN}` },
      tokenDigest: DIGEST,
      freshness: undefined,
    },
  },
];
