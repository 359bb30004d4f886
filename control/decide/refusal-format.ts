import type { BrokerError, ErrorCode, IssuerEvidence } from '../errors.ts';

/** How refusals read: one line of text as in DexTokenBroker, or JSON as in ext-authz-token-exchange. */
export type RefusalFormat = 'plain' | 'json';

/** `content-type` of refusals. */
export const BODY_TYPE: Readonly<Record<RefusalFormat, string>> = {
  plain: 'text/plain; charset=utf-8',
  json: 'application/json',
};

type Said = Pick<BrokerError, 'code' | 'message' | 'issuer'>;

/** What a client reads of a refusal. */
export function refusalBody(refusal: Said, format: RefusalFormat): string {
  return format === 'plain' ? `${plainText(refusal)}\n` : JSON.stringify(members(refusal));
}

/** The issuer's own words stand there only where the operator lets callers see them. */
function plainText({ message, issuer }: Said): string {
  const { error, description } = issuer ?? {};
  return description === undefined ? message : `${message}: ${error}, ${description}`;
}

/** ext-authz-token-exchange's members and its codes, on which people have alerts; what it does not know has ours. */
function members(refusal: Said): Readonly<Record<string, string>> {
  const { code, issuer, message } = refusal;
  if (WORDS_ALONE.has(code)) return { error: code };
  if (issuer?.error !== undefined && (issuer.description !== undefined || !OWN_TROUBLE.has(issuer.error))) {
    return { error: issuer.error, error_description: issuer.description ?? 'request failed (TXE-2001)' };
  }
  switch (code) {
    case 'issuer_unavailable':
    case 'issuer_busy':
      return { error: 'server_error', message: unavailable(issuer) };
    case 'token_response_too_large':
    case 'invalid_token_response':
      return { error: 'invalid_request', error_description: `internal server error (${faultCode(issuer)})` };
    case 'policy_invalid':
    case 'policy_unknown':
    case 'internal':
      return { error: 'server_error', error_description: 'internal server error' };
    default:
      return issuer?.status === undefined ? { error: code, error_description: message } : unregistered(issuer.status);
  }
}

/** Errors that ext-authz-token-exchange does not know: the status says as much. */
const OWN_TROUBLE: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable']);

const WORDS_ALONE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['policy_denied', 'bearer_token_required']);

function unavailable(issuer: IssuerEvidence | undefined): string {
  // One that had begun.
  return issuer?.failure !== undefined && issuer.status !== undefined
    ? 'failed to read token exchange response (TXE-1004)'
    : 'token exchange request failed (TXE-1003)';
}

/** An issuer's refusal that names no registered error. */
function unregistered(status: number): Readonly<Record<string, string>> {
  switch (status) {
    case 400:
      return { error: 'invalid_request', error_description: 'request failed (TXE-2002)' };
    case 401:
      return { error: 'invalid_client', error_description: 'request failed (TXE-2003)' };
    case 403:
      return { error: 'server_error', error_description: 'internal server error (TXE-2004)' };
    default:
      return { error: 'server_error', error_description: 'internal server error (TXE-2005)' };
  }
}

function faultCode(issuer: IssuerEvidence | undefined): string {
  switch (issuer?.fault) {
    case 'no_access_token':
      return 'TXE-3002';
    case 'not_bearer':
      return 'TXE-3003';
    case 'wrong_issued_token_type':
      return 'TXE-3004';
    default:
      return 'TXE-3001';
  }
}
