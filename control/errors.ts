/**
 * The one catalogue of refusals: a stable code, the HTTP status and the text that a client may see. Texts are those of
 * DexTokenBroker 0.9.1 where it has one.
 */
const CATALOGUE = {
  invalid_input: { status: 400, message: 'invalid credentials input' },
  missing_credentials: { status: 401, message: 'missing credentials' },
  credentials_rejected: { status: 401, message: 'token request failed' },
  policy_denied: { status: 403, message: 'policy denied' },
  route_revoked: { status: 403, message: 'revoked' },
  client_revoked: { status: 401, message: 'revoked' },
  token_revoked: { status: 401, message: 'revoked' },
  policy_unknown: { status: 503, message: 'policy unavailable' },
  policy_invalid: { status: 503, message: 'policy unavailable' },
  ambiguous_path: { status: 400, message: 'ambiguous path' },
  bearer_token_required: { status: 401, message: 'bearer token required' },
  subject_token_invalid: { status: 401, message: 'invalid subject token' },
  subject_token_expired: { status: 401, message: 'invalid subject token' },
  subject_token_rejected: { status: 401, message: 'invalid subject token' },
  actor_token_required: { status: 401, message: 'actor token required' },
  actor_token_invalid: { status: 401, message: 'invalid actor token' },
  actor_token_expired: { status: 502, message: 'token request failed' },
  exchange_target_refused: { status: 403, message: 'token exchange refused' },
  exchange_scope_refused: { status: 403, message: 'token exchange refused' },
  exchange_denied: { status: 403, message: 'token exchange refused' },
  service_account_unmapped: { status: 403, message: 'forbidden' },
  service_account_absent: { status: 403, message: 'forbidden' },
  workload_missing: { status: 403, message: 'forbidden' },
  workload_refused: { status: 403, message: 'forbidden' },
  jwt_missing: { status: 401, message: 'unauthorized' },
  jwt_malformed: { status: 401, message: 'unauthorized' },
  jwt_too_large: { status: 401, message: 'unauthorized' },
  jwt_critical_header: { status: 401, message: 'unauthorized' },
  jwt_wrong_type: { status: 401, message: 'unauthorized' },
  jwt_algorithm_refused: { status: 401, message: 'unauthorized' },
  jwt_unknown_kid: { status: 401, message: 'unauthorized' },
  jwt_key_mismatch: { status: 401, message: 'unauthorized' },
  jwt_bad_signature: { status: 401, message: 'unauthorized' },
  jwt_no_expiry: { status: 401, message: 'unauthorized' },
  jwt_expired: { status: 401, message: 'unauthorized' },
  jwt_not_yet_valid: { status: 401, message: 'unauthorized' },
  jwt_issued_in_future: { status: 401, message: 'unauthorized' },
  jwt_wrong_issuer: { status: 401, message: 'unauthorized' },
  jwt_wrong_audience: { status: 401, message: 'unauthorized' },
  jwt_claim_refused: { status: 403, message: 'forbidden' },
  jwt_insufficient_scope: { status: 403, message: 'forbidden' },
  jwt_keys_unavailable: { status: 503, message: 'key set unavailable' },
  issuer_refused: { status: 502, message: 'token request failed' },
  invalid_token_response: { status: 502, message: 'invalid token response' },
  token_response_too_large: { status: 502, message: 'token response too large' },
  issuer_unavailable: { status: 503, message: 'oauth provider unavailable' },
  issuer_busy: { status: 503, message: 'oauth provider unavailable' },
  cluster_refused: { status: 502, message: 'token request failed' },
  invalid_cluster_answer: { status: 502, message: 'invalid token response' },
  cluster_unavailable: { status: 503, message: 'cluster unavailable' },
  internal: { status: 503, message: 'internal error' },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof CATALOGUE;

export const ERROR_CODES = Object.keys(CATALOGUE) as readonly ErrorCode[];

/** What the catalogue says of a code: HTTP status, 400 to 599, and the text that a client may see. */
export function catalogued(code: ErrorCode): { readonly status: number; readonly message: string } {
  return CATALOGUE[code];
}

/** What an issuer said; `error` and `description` are those of RFC 6749 section 5.2. */
export interface IssuerEvidence {
  /** HTTP status of its answer. */
  readonly status?: number;
  /** A registered code. */
  readonly error?: string | undefined;
  /** Printable, and undefined unless the operator lets callers see it. */
  readonly description?: string | undefined;
  /** Why no whole answer came; `status` is there where one had begun. */
  readonly failure?: 'timeout' | 'connection';
  /** What was wrong with an answer of 200. */
  readonly fault?: 'malformed' | 'no_access_token' | 'not_bearer' | 'wrong_issued_token_type';
}

/**
 * A refusal. `cause` holds the evidence for the log; nothing of it ever reaches a client.
 */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code: ErrorCode;
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** Seconds after which a retry makes sense; set on every 503. */
  readonly retryAfter: number | undefined;
  readonly issuer: IssuerEvidence | undefined;

  /** @param options.retryAfter seconds, a whole number of 1 or more */
  constructor(
    code: ErrorCode,
    options: { message?: string; cause?: unknown; retryAfter?: number; issuer?: IssuerEvidence | undefined } = {},
  ) {
    const entry = CATALOGUE[code];
    super(options.message ?? entry.message, { cause: options.cause });
    this.code = code;
    this.status = entry.status;
    this.issuer = options.issuer;
    this.retryAfter = options.retryAfter ?? (entry.status === 503 ? 1 : undefined);
  }
}
