import type { Decision } from './decision.ts';
import type { AnyTokenRequest } from './ports.ts';

/** Whom a token was asked of, and for what; never the credentials themselves. */
export interface AskedFor {
  /** The issuer's name in the configuration. */
  readonly issuer: string;
  readonly grant: string;
  readonly clientId: string | undefined;
  /** Space separated (RFC 6749 section 3.3). */
  readonly scope: string | undefined;
  /** RFC 8693 section 2.1: `audience` and `resource`. */
  readonly audiences?: readonly string[] | undefined;
  readonly resources?: readonly string[] | undefined;
}

/** One decision, with what is known of the request it was made for. */
export interface AuditEvent {
  readonly decision: Decision;
  /** The endpoint through which the request came. */
  readonly way: string;
  /** The route's id; empty when none matched. */
  readonly route: string;
  readonly requestId: string;
  /** 32 hex digits. */
  readonly traceId: string | undefined;
}

/** Records who got what, on whose behalf. */
export interface Audit {
  record(event: AuditEvent): void;
}

/** What a token request asks for, without the credentials that it asks with. */
export function askedFor(request: AnyTokenRequest & Pick<AskedFor, 'audiences' | 'resources'>): AskedFor {
  const { issuer, grant, clientId, scope, audiences, resources } = request;
  return { issuer, grant, clientId, scope, audiences, resources };
}
