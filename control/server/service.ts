import type { Decide } from '../decide/decide.ts';
import type { Decision } from '../decide/decision.ts';
import type { Route, RouteTable } from '../decide/route.ts';
import type { TraceContext, Tracing } from '../decide/tracing.ts';

/** The endpoint through which a request for a decision came. */
export type Way = 'check' | 'filter' | 'grpc';

/** The policy in force. */
export interface Policy {
  readonly table: RouteTable;
  /** The table as the filter reads it. */
  readonly encodedTable: Buffer;
  /** By `<id>@<digest>`. */
  readonly routesByReference: ReadonlyMap<string, Route>;
  /** Undefined when no route matches; `host` and `path` as the request has them, bytes as latin1 text. */
  readonly findRoute: (host: string, path: string, method: string) => Route | undefined;
  readonly decide: Decide;
}

/** What the endpoints are made of. */
export interface Service {
  /** Undefined as long as some of the policy's sources have not been read: then nobody knows what is allowed. */
  readonly policy: () => Policy | undefined;
  readonly observer: DecisionObserver;
  /** Continues the caller's trace; whatever is not run in it has no span. */
  readonly trace: Tracing['decision'];
}

/** What is known of a request besides its decision. */
export interface RequestContext {
  /** The route's id; empty when none matched. */
  readonly route: string;
  readonly requestId: string;
  /** As the request has it. */
  readonly caller?: TraceContext;
}

/** Sees every decision. Nothing that it is given is secret, except the decision's own headers to inject. */
export interface DecisionObserver {
  /** @returns a function to call when the decision stands */
  begin(way: Way): (decision: Decision, context: RequestContext) => void;
}
