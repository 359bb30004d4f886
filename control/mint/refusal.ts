import { BrokerError, type ErrorCode } from '../errors.ts';
import type { Answer } from './answer.ts';
import { parseMembers } from './members.ts';

/** The longest time that an issuer can ask to be left alone, ms; it cannot switch us off for a day by mistake. */
export const MAXIMUM_RETRY_AFTER = 60_000;

/** Registered `error` codes: RFC 6749 sections 4.1.2.1 and 5.2, RFC 8707, RFC 8628, OpenID Connect Core section 3.1.2.6. Any other word is not repeated. */
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
  'interaction_required',
]);

/**
 * Turns an answer other than 200 into our refusal, with DexTokenBroker's statuses: 4xx means the credentials (401), 5xx
 * the issuer (502). Two differ, because neither says anything about the credentials: a redirect or another success is a
 * bad answer (502), and 429 means to come back later (503).
 */
export function refusalOf(answer: Answer): BrokerError {
  return refusalWith(answer, codeOf(answer.status));
}

/** A refusal with this code; an issuer that asks to be left alone is heard unless the credentials are at fault. */
export function refusalWith(answer: Answer, code: ErrorCode): BrokerError {
  const error = registeredError(answer);
  const retryAfter = answer.retryAfter === undefined ? undefined : Math.min(answer.retryAfter, MAXIMUM_RETRY_AFTER);
  return new BrokerError(code, {
    issuer: { status: answer.status, error, description: error === undefined ? undefined : describedIn(answer) },
    cause: new Error(`the issuer answered ${answer.status}${error === undefined ? '' : ` ${error}`}`),
    ...(retryAfter === undefined || !code.startsWith('issuer_') ? {} : { retryAfter: Math.ceil(retryAfter / 1000) }),
  });
}

/** Characters of RFC 6749 section 5.2, without the quotes that would end a text. */
const DESCRIPTION = /^[ !#-[\]-~]{1,256}$/;

/** The issuer's `error_description`, where it is one that can be shown. */
function describedIn(answer: Answer): string | undefined {
  const description = memberOf(answer, 'error_description');
  return typeof description === 'string' && DESCRIPTION.test(description) ? description : undefined;
}

/** @returns undefined when the answer names none that is registered */
export function registeredError(answer: Answer): string | undefined {
  const error = memberOf(answer, 'error');
  return typeof error === 'string' && KNOWN_ERRORS.has(error) ? error : undefined;
}

function memberOf(answer: Answer, name: string): unknown {
  try {
    return parseMembers(answer.body).get(name);
  } catch {
    return undefined;
  }
}

function codeOf(status: number): ErrorCode {
  if (status === 429) return 'issuer_busy';
  return status >= 400 && status < 500 ? 'credentials_rejected' : 'issuer_refused';
}
