import { BrokerError, type ErrorCode } from '../errors.ts';
import type { Answer } from './answer.ts';
import { parseMembers } from './members.ts';

/** The longest time that an issuer can ask to be left alone, ms; it cannot switch us off for a day by mistake. */
export const MAXIMUM_RETRY_AFTER = 60_000;

/** Registered `error` codes: RFC 6749 sections 4.1.2.1 and 5.2, RFC 8707, RFC 8628. Any other word is not repeated. */
const KNOWN_ERRORS: ReadonlySet<unknown> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
  'invalid_target',
  'slow_down',
]);

/**
 * Turns an answer other than 200 into our refusal, with DexTokenBroker's statuses: 4xx means the credentials (401), 5xx
 * the issuer (502). Two differ, because neither says anything about the credentials: a redirect or another success is a
 * bad answer (502), and 429 means to come back later (503).
 */
export function refusalOf(answer: Answer): BrokerError {
  const code = codeOf(answer.status);
  const retryAfter = answer.retryAfter === undefined ? undefined : Math.min(answer.retryAfter, MAXIMUM_RETRY_AFTER);
  return new BrokerError(code, {
    cause: new Error(`the issuer answered ${answer.status}${namedError(answer)}`),
    ...(retryAfter === undefined || code === 'credentials_rejected'
      ? {}
      : { retryAfter: Math.ceil(retryAfter / 1000) }),
  });
}

function codeOf(status: number): ErrorCode {
  if (status === 429) return 'issuer_busy';
  return status >= 400 && status < 500 ? 'credentials_rejected' : 'issuer_refused';
}

function namedError(answer: Answer): string {
  try {
    const error = parseMembers(answer.body).get('error');
    return KNOWN_ERRORS.has(error) ? ` ${error}` : '';
  } catch {
    return '';
  }
}
