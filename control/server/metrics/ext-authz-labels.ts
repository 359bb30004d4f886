import type { Allow, Decision, Deny } from '../../decide/decision.ts';
import type { BrokerError, IssuerEvidence } from '../../errors.ts';

/** What ext-authz-token-exchange says of a decision. */
export interface CheckLabels extends Record<string, string> {
  readonly decision: string;
  readonly result: 'allowed' | 'auth_denied' | 'system_error';
}

/** What it says of a token exchange, besides the issuer's host. */
export interface ExchangeLabels extends Record<string, string> {
  readonly result: 'success' | 'failure';
  readonly error_kind: string;
  readonly http_status_class: string;
}

/**
 * A decision in ext-authz-token-exchange's words; for what it cannot do there are others of the same kind.
 *
 * @param route the id of the route; empty when none matched
 */
export function labelsOfDecision(decision: Decision, route: string): CheckLabels {
  if (decision.outcome === 'allow') return { decision: allowed(decision, route), result: 'allowed' };
  return { decision: denied(decision, route), result: decision.status >= 500 ? 'system_error' : 'auth_denied' };
}

function allowed({ asked, exempt }: Allow, route: string): string {
  if (exempt) return 'allow_options_bypass';
  if (route === '') return 'allow_unmatched';
  if (asked === undefined) return 'allow_pass';
  return isExchange(asked.grant) ? 'allow_exchange' : 'allow_token';
}

function denied({ asked, error: { code }, status }: Deny, route: string): string {
  switch (code) {
    case 'policy_denied':
      return route === '' ? 'deny_unmatched_default' : 'deny_explicit_policy';
    case 'policy_invalid':
    case 'policy_unknown':
      return 'deny_policy_unhealthy';
    case 'bearer_token_required':
      return 'deny_missing_bearer';
    // What ext-authz-token-exchange leaves to the issuer to find out.
    case 'subject_token_invalid':
    case 'subject_token_expired':
      return 'deny_exchange_error';
    default:
      if (asked !== undefined) return isExchange(asked.grant) ? 'deny_exchange_error' : 'deny_token_error';
      return status >= 500 ? 'deny_system_error' : 'deny_caller';
  }
}

/** Whether a grant has a token in the place of another (RFC 8693, RFC 7523). */
export function isExchange(grant: string): boolean {
  return grant.startsWith('urn:ietf:params:oauth:grant-type:');
}

/** @param error undefined: there is a token */
export function labelsOfExchange(error: BrokerError | undefined): ExchangeLabels {
  if (error === undefined) return { result: 'success', error_kind: 'none', http_status_class: '2xx' };
  const { issuer } = error;
  const [status] = String(issuer?.status ?? '');
  return {
    result: 'failure',
    error_kind: kindOf(issuer),
    http_status_class: status === undefined ? 'none' : `${status}xx`,
  };
}

const FAULTS: Readonly<Record<NonNullable<IssuerEvidence['fault']>, string>> = {
  malformed: 'malformed_success_json',
  no_access_token: 'missing_access_token',
  not_bearer: 'non_bearer_token_type',
  wrong_issued_token_type: 'wrong_issued_token_type',
};

function kindOf({ failure, fault, status }: IssuerEvidence = {}): string {
  if (failure === 'timeout') return 'timeout';
  if (failure === 'connection') return status === undefined ? 'transport_error' : 'read_response';
  if (fault !== undefined) return FAULTS[fault];
  return status === undefined ? 'transport_error' : 'http_status';
}
