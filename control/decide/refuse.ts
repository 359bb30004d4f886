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
};

/** Seconds for which the issuer's refusal of credentials is believed. */
export const REFUSAL_LIFETIME = 10;

const CHALLENGE = 'Bearer realm="token-broker"';

/**
 * The one place where an error becomes a refusal that a client sees.
 *
 * @param error anything thrown; what is not a BrokerError is a bug, and ends in 503
 * @param options.remember false: the answer must not be given again
 * @param options.rememberAtMost whole seconds
 */
export function refuse(
  error: unknown,
  options: { clientId?: string | undefined; remember: boolean; rememberAtMost?: number | undefined },
): Deny {
  const refusal = error instanceof BrokerError ? error : new BrokerError('internal', { cause: error });
  const limit = REMEMBER[refusal.code];
  const rememberFor = limit === undefined ? undefined : Math.min(limit, options.rememberAtMost ?? limit);
  return {
    outcome: 'deny',
    status: refusal.status,
    body: `${refusal.message}\n`,
    headers: headersOf(refusal),
    rememberFor: options.remember && rememberFor !== undefined && rememberFor >= 1 ? rememberFor : undefined,
    error: refusal,
    clientId: options.clientId,
  };
}

function headersOf(refusal: BrokerError): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  if (refusal.status === 401) {
    // RFC 6750 section 3.1: no error code when the request carried no credentials at all.
    const rejected = refusal.code === 'credentials_rejected';
    headers.set('www-authenticate', rejected ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE);
  }
  if (refusal.retryAfter !== undefined) {
    headers.set('retry-after', String(refusal.retryAfter));
  }
  return headers;
}
