import type { BrokerError, ErrorCode } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { AskedFor } from './audit.ts';
import type { Freshness } from './freshness.ts';
import type { VerifiedToken } from './ports.ts';

/** The answer to one request: a function of the route and its key inputs alone. */
export type Decision = Allow | Deny;

/** What a decision came from, for the audit log and for spans. */
interface Origin {
  /** The caller's JWT; undefined where none was verified. */
  readonly caller?: VerifiedToken | undefined;
  /** The SPIFFE ID of the client's certificate; undefined where none was asked for. */
  readonly workload?: string | undefined;
  /** What an issuer was asked for; undefined where none had to be. */
  readonly asked?: AskedFor | undefined;
}

export interface Allow extends Origin {
  readonly outcome: 'allow';
  /** Headers to set on the request, by lower-case name; each replaces the client's own. */
  readonly inject: ReadonlyMap<string, Secret>;
  /** Strings for later filters, by name: Envoy's filter state, or dynamic metadata over gRPC; HTTP ext_authz has neither. */
  readonly state: ReadonlyMap<string, Secret>;
  /** An OPTIONS request that may go on without credentials. */
  readonly exempt?: true;
  /** Why the caller is not authenticated, where the policy lets such callers through. */
  readonly unauthenticated: ErrorCode | undefined;
  /** Hex SHA-256 of the access token; undefined when nothing can be replaced. */
  readonly tokenDigest: string | undefined;
  /** Undefined: the answer may not be given again. */
  readonly freshness: Freshness | undefined;
}

/** A request goes on as it is. */
export const PASS: Allow = {
  outcome: 'allow',
  inject: new Map(),
  state: new Map(),
  unauthenticated: undefined,
  tokenDigest: undefined,
  freshness: undefined,
};

/** The same, for an OPTIONS request that may go on without credentials. */
export const EXEMPT: Allow = { ...PASS, exempt: true };

export interface Deny extends Origin {
  readonly outcome: 'deny';
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** What the client sees. */
  readonly body: string;
  /** Its `content-type`. */
  readonly bodyType: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Whole seconds for which the refusal may be given again; undefined: not at all. */
  readonly rememberFor: number | undefined;
  /** Why, for logs and metrics. */
  readonly error: BrokerError;
  /** Whose request it was, as far as it is known and printable. */
  readonly clientId: string | undefined;
}
