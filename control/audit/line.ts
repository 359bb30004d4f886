import type { IssuerConfiguration } from '../config/configuration.ts';
import type { AskedFor, AuditEvent } from '../decide/audit.ts';
import type { Decision } from '../decide/decision.ts';
import { readActors, readAllowedClaims } from './claims.ts';

/** Digits of a token's SHA-256 that are recorded: enough to find it again, and nothing to try secrets against. */
const DIGEST_DIGITS = 16;
/** Characters of what a caller chose: the client id and the scope. */
const MAXIMUM_TEXT = 1024;

/** What a line is made from besides the event. */
export interface LineContext {
  readonly issuers: ReadonlyMap<string, IssuerConfiguration>;
  readonly claims: readonly string[];
}

/** One decision as a line of JSON, line feed included. Fields that nothing is known of are left out. */
export function auditLine(event: AuditEvent, time: Date, context: LineContext): string {
  const { decision, way, route, requestId, traceId } = event;
  const { asked, caller, workload } = decision;
  const actors = caller === undefined ? [] : readActors(caller.claims);
  const line = {
    time: time.toISOString(),
    requestId,
    traceId,
    way,
    route,
    decision: decision.outcome,
    ...(decision.outcome === 'deny'
      ? { status: decision.status, code: decision.error.code }
      : { code: decision.unauthenticated, tokenDigest: decision.tokenDigest?.slice(0, DIGEST_DIGITS) }),
    reusableForSeconds: way === 'filter' ? reusableFor(decision) : 0,
    ...(asked === undefined ? {} : askedFields(asked, context.issuers)),
    ...(caller === undefined
      ? {}
      : { provider: caller.provider, onBehalfOf: readAllowedClaims(caller.claims, context.claims) }),
    actors: actors.length === 0 ? undefined : actors,
    workload,
  };
  return `${JSON.stringify(line)}\n`;
}

/** Whole seconds for which the filter may apply the decision without asking again, during an outage included. */
function reusableFor(decision: Decision): number {
  if (decision.outcome === 'deny') return decision.rememberFor ?? 0;
  if (decision.freshness === undefined) return 0;
  const { maxAge, staleWhileRevalidate, staleIfError } = decision.freshness;
  return maxAge + Math.max(staleWhileRevalidate, staleIfError);
}

/** What the operator has every token request of an issuer ask for counts as asked for. */
function askedFields(asked: AskedFor, issuers: LineContext['issuers']) {
  const parameters = issuers.get(asked.issuer)?.extraParameters;
  const audiences = withParameter(asked.audiences, parameters?.get('audience'));
  const resources = withParameter(asked.resources, parameters?.get('resource'));
  return {
    issuer: asked.issuer,
    grant: asked.grant,
    clientId: asked.clientId?.slice(0, MAXIMUM_TEXT),
    scope: asked.scope?.slice(0, MAXIMUM_TEXT),
    audiences: audiences.length === 0 ? undefined : audiences,
    resources: resources.length === 0 ? undefined : resources,
  };
}

function withParameter(own: readonly string[] = [], parameter: string | undefined): readonly string[] {
  return parameter === undefined ? own : [...own, parameter];
}
