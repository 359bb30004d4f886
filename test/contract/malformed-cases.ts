import { type Answer, type ContractCase, REVISION, ROUTE } from './case.ts';

type Headers = Answer['headers'];

const ALLOW: Headers = [
  ['x-broker-decision', 'allow'],
  ['x-broker-route', ROUTE],
  ['x-broker-revision', REVISION],
  ['x-inject-authorization', 'Bearer a-token'],
];
const DENY: Headers = [
  ['x-broker-decision', 'deny'],
  ['x-broker-route', ROUTE],
  ['x-broker-revision', REVISION],
  ['content-type', 'text/plain; charset=utf-8'],
];

const without = (headers: Headers, name: string): Headers => headers.filter(([candidate]) => candidate !== name);
const failed = (name: string, status: number, headers: Headers, body = ''): ContractCase => ({
  name,
  answer: { status, headers, body },
  outcome: { kind: 'failed' },
});
const cacheControl = (value: string): ContractCase =>
  failed(`freshness ${value}`, 200, [...ALLOW, ['token-broker-cache-control', value]]);
const injecting = (name: string, value = 'x'): ContractCase =>
  failed(`a header ${JSON.stringify(name)} to inject`, 200, [...ALLOW, [`x-inject-${name}`, value]]);

/** Answers that are neither an allow nor a deny, whatever they look like. */
export const MALFORMED_CASES: readonly ContractCase[] = [
  failed('a stray service that says 200', 200, [['content-type', 'text/html']], '<h1>It works!</h1>'),
  failed('an empty 204', 204, []),
  failed('Envoy, without a healthy host', 503, [['content-type', 'text/plain']], 'no healthy upstream'),
  failed('Envoy, after a timeout', 504, [], 'upstream request timeout'),
  failed('a redirect', 302, [['location', 'https://elsewhere.example/']]),
  failed('a decision for no route', 200, without(ALLOW, 'x-broker-route')),
  failed('a decision for another route', 200, [
    ...without(ALLOW, 'x-broker-route'),
    ['x-broker-route', `other@${'0'.repeat(64)}`],
  ]),
  failed('two routes', 200, [...ALLOW, ['x-broker-route', ROUTE]]),
  failed('no word of a decision', 200, without(ALLOW, 'x-broker-decision')),
  failed('two words of a decision', 200, [...ALLOW, ['x-broker-decision', 'allow']]),
  failed('both words of a decision', 200, [...ALLOW, ['x-broker-decision', 'deny']]),
  failed('a word of a decision that is none', 200, [
    ...without(ALLOW, 'x-broker-decision'),
    ['x-broker-decision', 'Allow'],
  ]),
  failed('an allow that is no 200', 201, ALLOW),
  failed('an allow with the status of a refusal', 403, ALLOW),
  failed('a deny that is a 200', 200, DENY, 'denied\n'),
  failed('a deny that redirects', 302, DENY, 'denied\n'),
  failed('a deny beyond HTTP', 600, DENY, 'denied\n'),
  failed('an unknown route that is no 409', 200, [
    ['x-broker-decision', 'unknown-route'],
    ['x-broker-route', ROUTE],
  ]),
  failed('a token digest that is none', 200, [...ALLOW, ['x-broker-token-digest', 'abc']]),
  failed('a token digest in upper case', 200, [...ALLOW, ['x-broker-token-digest', 'A'.repeat(64)]]),
  failed('a body of more than 16 KiB', 403, DENY, 'x'.repeat(16_385)),
  failed('more than 64 headers to inject', 200, [
    ...ALLOW,
    ...Array.from({ length: 64 }, (_, index) => [`x-inject-x-${index}`, 'x'] as const),
  ]),
  injecting(''),
  injecting(':path', '/'),
  injecting('host', 'elsewhere.example'),
  injecting('transfer-encoding', 'chunked'),
  injecting('content-length', '0'),
  injecting('connection', 'x-other'),
  injecting('authorization', 'Bearer another'),
  cacheControl('max-age=-1'),
  cacheControl('max-age=1.5'),
  cacheControl('max-age="5"'),
  cacheControl('max-age='),
  cacheControl('max-age'),
  cacheControl('max-age=1e3'),
  cacheControl(`max-age=${'9'.repeat(40)}`),
  cacheControl('max-age=5, max-age=6'),
  cacheControl('max-age=5, stale-if-error=x'),
  cacheControl('max-age=5, stale-while-revalidate=0x10'),
];
