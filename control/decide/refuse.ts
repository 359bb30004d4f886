import { DEFAULT_REALM } from '../config/issuer-settings.ts';
import { BrokerError, type ErrorCode } from '../errors.ts';
import type { Deny } from './decision.ts';
import { BODY_TYPE, type RefusalFormat, refusalBody } from './refusal-format.ts';

/** Seconds for which a refusal may be remembered. Those of 500 and more never are: they pass, and a held token is served. */
const REMEMBER: Partial<Record<ErrorCode, number>> = {
  // These depend on the request alone, so they stay true until the configuration changes.
  invalid_input: 60,
  missing_credentials: 60,
  policy_denied: 60,
  route_revoked: 60,
  client_revoked: 60,
  token_revoked: 60,
  workload_missing: 60,
  workload_refused: 60,
  // The client may be registered, or its secret corrected, at any moment.
  credentials_rejected: 10,
  jwt_missing: 60,
  bearer_token_required: 60,
  actor_token_required: 60,
  subject_token_invalid: 60,
  actor_token_invalid: 60,
  // A wall clock may have been ahead.
  subject_token_expired: 10,
  // The issuer's own policy may change at any moment.
  subject_token_rejected: 10,
  exchange_target_refused: 10,
  exchange_scope_refused: 10,
  exchange_denied: 10,
  // Accounts come and go.
  service_account_unmapped: 10,
  service_account_absent: 10,
};

/** What an issuer says of the credentials themselves, and not of its own state. */
const ISSUERS_REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'credentials_rejected',
  'subject_token_rejected',
  'exchange_target_refused',
  'exchange_scope_refused',
  'exchange_denied',
  'service_account_absent',
]);

/** 401 without an error code in its challenge: the request carried no credentials at all (RFC 6750 section 3.1). */
const NOTHING_CAME: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'jwt_missing',
  'missing_credentials',
  'bearer_token_required',
  'actor_token_required',
]);

/** A refused JWT may be one that is good in a moment: its key is published late, or its time comes. */
const REMEMBER_TOKEN = 10;

/** Seconds for which the issuer's refusal of credentials is believed. */
export const REFUSAL_LIFETIME = 10;

/** How and for how long a refusal is said. */
export interface RefuseOptions {
  readonly clientId?: string | undefined;
  /** False: the answer must not be given again. */
  readonly remember: boolean;
  /** Whole seconds. */
  readonly rememberAtMost?: number | undefined;
  /** What a token needs, space separated (RFC 6750 section 3). */
  readonly scope?: string | undefined;
  readonly realm?: string;
  readonly format: RefusalFormat;
}

/**
 * The one place where an error becomes a refusal that a client sees.
 *
 * @param error anything thrown; what is not a BrokerError is a bug, and ends in 503
 */
export function refuse(error: unknown, options: RefuseOptions): Deny {
  const { clientId, remember, rememberAtMost, format } = options;
  const refusal = error instanceof BrokerError ? error : new BrokerError('internal', { cause: error });
  const limit = REMEMBER[refusal.code] ?? (isTokenRefusal(refusal) ? REMEMBER_TOKEN : undefined);
  const rememberFor = limit === undefined ? undefined : Math.min(limit, rememberAtMost ?? limit);
  return {
    outcome: 'deny',
    status: refusal.status,
    body: refusalBody(refusal, format),
    bodyType: BODY_TYPE[format],
    headers: headersOf(refusal, options),
    rememberFor: remember && rememberFor !== undefined && rememberFor >= 1 ? rememberFor : undefined,
    error: refusal,
    clientId,
  };
}

/** Whether the issuer has refused these credentials, and would again. */
export function isIssuersRefusal(code: ErrorCode): boolean {
  return ISSUERS_REFUSALS.has(code);
}

/** The challenge of a request without credentials (RFC 9110 section 11.6.1). */
export function challenge(realm: string): string {
  return `Bearer realm="${realm}"`;
}

/** A caller's own token, and not the keys that it is checked with. */
function isTokenRefusal({ code, status }: BrokerError): boolean {
  return code.startsWith('jwt_') && status < 500;
}

function headersOf(refusal: BrokerError, options: RefuseOptions): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  const demand = challengeOf(refusal, options);
  if (demand !== undefined) {
    headers.set('www-authenticate', demand);
  }
  if (refusal.retryAfter !== undefined) {
    headers.set('retry-after', String(refusal.retryAfter));
  }
  return headers;
}

/** RFC 6750 section 3.1; nothing in it says what was wrong with a token. */
function challengeOf(refusal: BrokerError, { scope, realm = DEFAULT_REALM }: RefuseOptions): string | undefined {
  const named = scope === undefined ? '' : `, scope="${scope}"`;
  if (refusal.status === 401) {
    const came = !NOTHING_CAME.has(refusal.code);
    return came ? `${challenge(realm)}, error="invalid_token"` : `${challenge(realm)}${named}`;
  }
  if (refusal.status !== 403 || !isTokenRefusal(refusal)) {
    return undefined;
  }
  return `${challenge(realm)}, error="insufficient_scope"${named}`;
}
