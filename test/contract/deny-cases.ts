import { type ContractCase, type Outcome, REVISION, ROUTE, type Situation } from './case.ts';

const CREDENTIALS = { 'x-client-id': 'app', 'x-client-secret': 'app-secret' };
const TEXT = 'text/plain; charset=utf-8';
const CHALLENGE = 'Bearer realm="token-broker"';

type Denial = Omit<Extract<Outcome, { kind: 'deny' }>, 'kind' | 'headers'> & {
  readonly name: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly situation?: Situation;
};

/** A refusal whose answer says exactly what the client gets. */
function denial({ name, status, body, rememberFor, headers = {}, situation }: Denial): ContractCase {
  const seen = { 'content-type': TEXT, ...headers };
  const remembered =
    rememberFor === undefined ? [] : [['token-broker-cache-control', `max-age=${rememberFor}`] as const];
  return {
    name,
    answer: {
      status,
      headers: [
        ['x-broker-decision', 'deny'],
        ['x-broker-route', ROUTE],
        ['x-broker-revision', REVISION],
        ['cache-control', 'no-store'],
        ...Object.entries(seen),
        ...remembered,
      ],
      body,
    },
    outcome: { kind: 'deny', status, headers: seen, body, rememberFor },
    ...(situation === undefined ? {} : { situation }),
  };
}

/** Answers that refuse a request. */
export const DENY_CASES: readonly ContractCase[] = [
  denial({
    name: 'no credentials',
    status: 401,
    body: 'missing credentials\n',
    rememberFor: 60,
    headers: { 'www-authenticate': CHALLENGE },
    situation: { inputs: { 'x-client-id': 'app' } },
  }),
  denial({
    name: 'credentials that the issuer refuses',
    status: 401,
    body: 'token request failed\n',
    rememberFor: 10,
    headers: { 'www-authenticate': `${CHALLENGE}, error="invalid_token"` },
    situation: { inputs: CREDENTIALS, issuer: { refusal: 'credentials_rejected' } },
  }),
  denial({
    name: 'an id that is too long',
    status: 400,
    body: 'X-Client-Id too long\n',
    rememberFor: 60,
    situation: { inputs: { ...CREDENTIALS, 'x-client-id': 'a'.repeat(257) } },
  }),
  denial({
    name: 'a control character',
    status: 400,
    body: 'header contains invalid characters\n',
    rememberFor: 60,
    situation: { inputs: { ...CREDENTIALS, 'x-scope': 'a\tb' } },
  }),
  denial({
    name: 'a header that came twice',
    status: 400,
    body: 'header sent more than once\n',
    rememberFor: 60,
    situation: { inputs: { ...CREDENTIALS, 'x-client-secret': ['a', 'b'] } },
  }),
  denial({
    name: 'a refusal while caching is switched off',
    status: 401,
    body: 'missing credentials\n',
    rememberFor: undefined,
    headers: { 'www-authenticate': CHALLENGE },
    situation: { environment: { CACHE_MAX_ENTRIES: '0' } },
  }),
  denial({
    name: 'an issuer that answers with an error',
    status: 502,
    body: 'token request failed\n',
    rememberFor: undefined,
    situation: { inputs: CREDENTIALS, issuer: { refusal: 'issuer_refused' } },
  }),
  denial({
    name: 'an issuer that answers with nonsense',
    status: 502,
    body: 'invalid token response\n',
    rememberFor: undefined,
    situation: { inputs: CREDENTIALS, issuer: { refusal: 'invalid_token_response' } },
  }),
  denial({
    name: 'an issuer that answers with too much',
    status: 502,
    body: 'token response too large\n',
    rememberFor: undefined,
    situation: { inputs: CREDENTIALS, issuer: { refusal: 'token_response_too_large' } },
  }),
  denial({
    name: 'an issuer that cannot be reached',
    status: 503,
    body: 'oauth provider unavailable\n',
    rememberFor: undefined,
    headers: { 'retry-after': '1' },
    situation: { inputs: CREDENTIALS, issuer: { refusal: 'issuer_unavailable' } },
  }),
  denial({
    name: 'an issuer that has enough to do',
    status: 503,
    body: 'oauth provider unavailable\n',
    rememberFor: undefined,
    headers: { 'retry-after': '7' },
    situation: { inputs: CREDENTIALS, issuer: { refusal: 'issuer_busy', retryAfter: 7 } },
  }),
  denial({
    name: 'a bug in control',
    status: 503,
    body: 'internal error\n',
    rememberFor: undefined,
    headers: { 'retry-after': '1' },
    situation: { inputs: CREDENTIALS, issuer: { refusal: 'internal' } },
  }),
  denial({ name: 'a refusal of another kind', status: 499, body: '', rememberFor: 1 }),
];
