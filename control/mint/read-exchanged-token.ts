import type { Token, TokenExchangeRequest } from '../decide/ports.ts';
import type { BrokerError, ErrorCode } from '../errors.ts';
import type { Answer } from './answer.ts';
import { invalidResponse as invalid, parseMembers } from './members.ts';
import { checkTokenType, tokenFrom } from './read-token.ts';
import { refusalOf, refusalWith, registeredError } from './refusal.ts';

/**
 * Reads the token out of an issuer's answer to an exchange (RFC 8693 section 2.2.1). Unlike in other grants both types are
 * required, unless the operator says otherwise or the grant is an assertion's (RFC 7523): `token_type` is `N_A` where the token is none that may be sent as a Bearer token.
 *
 * @throws BrokerError subject_token_rejected, exchange_target_refused, exchange_scope_refused, exchange_denied,
 * issuer_refused, issuer_busy or invalid_token_response
 */
export function readExchangedToken(answer: Answer, request: TokenExchangeRequest): Token {
  if (answer.status !== 200) throw exchangeRefusalOf(answer);
  const members = parseMembers(answer.body);
  const token = tokenFrom(answer, members);
  if (!members.has('token_type')) throw invalid('token_type is missing', 'not_bearer');
  checkTokenType(members.get('token_type'));
  if (request.issuedTokenType === undefined) return token;
  const issued = members.get('issued_token_type');
  if (issued === undefined || issued === null) throw invalid('issued_token_type is missing', 'wrong_issued_token_type');
  if (issued !== request.issuedTokenType) {
    throw invalid('issued_token_type is not the type that was asked for', 'wrong_issued_token_type');
  }
  return token;
}

/** What an issuer refuses: the caller's part of the request. All else is between the operator and the issuer. */
const CALLERS_FAULT: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  // What most issuers say of an expired or revoked subject (RFC 6749 section 5.2) ...
  ['invalid_grant', 'subject_token_rejected'],
  // ... what RFC 8693 section 2.2.2 wants for one that is invalid for any reason ...
  ['invalid_request', 'subject_token_rejected'],
  ['invalid_target', 'exchange_target_refused'],
  ['invalid_scope', 'exchange_scope_refused'],
  // Microsoft's word for a subject who has to log in anew, with more than before.
  ['interaction_required', 'subject_token_rejected'],
]);

function exchangeRefusalOf(answer: Answer): BrokerError {
  const { status } = answer;
  if (status < 400 || status >= 500 || status === 429) return refusalOf(answer);
  const error = registeredError(answer);
  // ... and what Dex says, with 401. With 403 it is a matter of who may have what.
  const denied: ErrorCode = status === 403 ? 'exchange_denied' : 'subject_token_rejected';
  const code = error === 'access_denied' ? denied : CALLERS_FAULT.get(error ?? '');
  return refusalWith(answer, code ?? 'issuer_refused');
}
