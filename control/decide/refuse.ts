import { BrokerError, type ErrorCode } from '../errors.ts';
import type { Deny } from './decision.ts';

/** Seconds for which a refusal may be remembered. Those of 500 and more never are: they pass, and a held token is served. */
const REMEMBER: Partial<Record<ErrorCode, number>> = {
  // These depend on the request alone, so they stay true until the configuration changes.
  invalid_input: 60,
  missing_credentials: 60,
  policy_denied: 60,
  // The client may be registered, or its secret corrected, at any moment.
  credentials_rejected: 10,
  jwt_missing: 60,
};

/** A refused JWT may be one that is good in a moment: its key is published late, or its time comes. */
const REMEMBER_TOKEN = 10;

/** Seconds for which the issuer's refusal of credentials is believed. */
export const REFUSAL_LIFETIME = 10;

const CHALLENGE = 'Bearer realm="token-broker"';

/**
 * The one place where an error becomes a refusal that a client sees.
 *
 * @param error anything thrown; what is not a BrokerError is a bug, and ends in 503
 * @param options.remember false: the answer must not be given again
 * @param options.rememberAtMost whole seconds
 * @param options.scope what the token lacks, space separated (RFC 6750 section 3)
 */
export function refuse(
  error: unknown,
  options: {
    clientId?: string | undefined;
    remember: boolean;
    rememberAtMost?: number | undefined;
    scope?: string | undefined;
  },
): Deny {
  const refusal = error instanceof BrokerError ? error : new BrokerError('internal', { cause: error });
  const limit = REMEMBER[refusal.code] ?? (isTokenRefusal(refusal) ? REMEMBER_TOKEN : undefined);
  const rememberFor = limit === undefined ? undefined : Math.min(limit, options.rememberAtMost ?? limit);
  return {
    outcome: 'deny',
    status: refusal.status,
    body: `${refusal.message}\n`,
    headers: headersOf(refusal, options.scope),
    rememberFor: options.remember && rememberFor !== undefined && rememberFor >= 1 ? rememberFor : undefined,
    error: refusal,
    clientId: options.clientId,
  };
}

/** A caller's own token, and not the keys that it is checked with. */
function isTokenRefusal({ code, status }: BrokerError): boolean {
  return code.startsWith('jwt_') && status < 500;
}

function headersOf(refusal: BrokerError, scope: string | undefined): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  const challenge = challengeOf(refusal, scope);
  if (challenge !== undefined) {
    headers.set('www-authenticate', challenge);
  }
  if (refusal.retryAfter !== undefined) {
    headers.set('retry-after', String(refusal.retryAfter));
  }
  return headers;
}

/** RFC 6750 section 3.1; nothing in it says what was wrong with a token. */
function challengeOf(refusal: BrokerError, scope: string | undefined): string | undefined {
  if (refusal.status === 401) {
    // No error code when the request carried no credentials at all.
    const rejected = refusal.code === 'credentials_rejected' || refusal.code.startsWith('jwt_');
    return rejected && refusal.code !== 'jwt_missing' ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE;
  }
  if (refusal.status !== 403 || !isTokenRefusal(refusal)) {
    return undefined;
  }
  return `${CHALLENGE}, error="insufficient_scope"${scope === undefined ? '' : `, scope="${scope}"`}`;
}
