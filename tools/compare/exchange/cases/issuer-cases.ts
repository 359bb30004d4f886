import type { Case, Difference, Scenario } from '../case.ts';
import { exchange } from './request-cases.ts';

const documents = { policy: [exchange()] };

/** The caller's token is refused, with a challenge. */
const toCaller = (theirs: number): Difference =>
  theirs === 401 ? { also: ['challenge'] } : { status: [theirs, 401], also: ['challenge'] };
const forbidden = (theirs: number): Difference => ({ status: [theirs, 403] });
/** The operator's client, or the issuer itself, is at fault. */
const badGateway = (theirs: number, also: Difference['also'] = []): Difference => ({ status: [theirs, 502], also });
const unavailable: Difference = { status: [500, 503] };

const of = (subject: string, differs?: Difference): Case => ({
  name: subject,
  subject,
  ...(differs === undefined ? {} : { differs }),
});

const REFUSALS: readonly Case[] = [
  of('invalid_request', toCaller(400)),
  of('invalid_grant', toCaller(400)),
  of('invalid_grant-401', toCaller(401)),
  of('invalid_target', forbidden(400)),
  of('invalid_scope', forbidden(400)),
  of('invalid_target-403', forbidden(500)),
  of('unsupported_grant_type', badGateway(400)),
  of('unauthorized_client', badGateway(400)),
  of('invalid_client-401', badGateway(401, ['challenge'])),
];

/** Every answer that an issuer may give. */
export const answerScenario: Scenario = {
  name: 'answers of the issuer',
  documents,
  cases: [
    of('good'),
    of('lower-case-bearer'),
    of('no-lifetime'),
    of('odd-lifetime', { status: [200, 502], also: ['body', 'authorization'] }),
    ...[
      'no-token',
      'empty-token',
      'not-bearer',
      'no-token-type',
      'other-issued-type',
      'no-issued-type',
      'not-json',
      'no-body',
    ].map((subject) => of(subject, badGateway(500))),
    of('created', badGateway(500)),
    ...REFUSALS,
    of('unknown-400', badGateway(400)),
    of('unknown-401', badGateway(401)),
    of('unknown-403', badGateway(500)),
    of('unknown-404', badGateway(500)),
    of('server_error-500', badGateway(500)),
    of('unknown-500', badGateway(500)),
    of('hangs-up', unavailable),
    of('breaks-off', unavailable),
  ],
};

/** What variables and profiles change of requests to the issuer, and of what callers see. */
export const profileScenarios: readonly Scenario[] = [
  {
    name: 'errors are passed through',
    environment: { TOKEN_EXCHANGE_ERROR_PASSTHROUGH: 'on' },
    documents,
    cases: [of('good'), ...REFUSALS, of('unknown-400', badGateway(400)), of('unknown-500', badGateway(500))],
  },
  {
    name: 'client_secret_post, other types, a realm of its own',
    environment: {
      TOKEN_ENDPOINT_AUTH_METHOD: 'client_secret_post',
      TOKEN_EXCHANGE_GRANT_TYPE: 'urn:example:grant',
      TOKEN_EXCHANGE_SUBJECT_TOKEN_TYPE: 'urn:example:subject',
      TOKEN_EXCHANGE_EXPECTED_ISSUED_TOKEN_TYPE: 'urn:example:other',
    },
    profile: { bearerRealm: 'the issuer' },
    documents,
    cases: [of('good', badGateway(500)), of('other-issued-type'), { name: 'no token' }],
  },
  {
    name: 'any issued type, a profile that wins',
    environment: {
      TOKEN_ENDPOINT_AUTH_METHOD: 'client_secret_post',
      TOKEN_EXCHANGE_REQUIRE_ISSUED_TOKEN_TYPE: 'off',
      TOKEN_EXCHANGE_BEARER_REALM: 'everyone',
    },
    profile: { tokenEndpointAuthMethod: ' client_secret_basic ' },
    documents,
    cases: [of('good'), of('no-issued-type'), of('other-issued-type'), { name: 'no token' }],
  },
  {
    name: 'time limits',
    environment: { TOKEN_ENDPOINT_REQUEST_TIMEOUT: '', TOKEN_ENDPOINT_RESPONSE_HEADER_TIMEOUT: '' },
    documents,
    cases: [of('begins-late', unavailable), of('ends-late', unavailable)],
  },
  {
    name: 'longer time limits',
    documents,
    cases: [of('begins-late'), of('ends-late')],
  },
  {
    name: 'a secret that form encoding changes',
    profile: { clientSecret: 'a+b%c' },
    documents,
    cases: [of('good', { also: ['tokenRequest'] })],
  },
];
