import type { Decision } from './decision.ts';
import type { Lookup } from './token-events.ts';

/** The W3C trace context and baggage of a request, as its headers have them. */
export interface TraceContext {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  readonly baggage?: string | undefined;
}

/** One HTTP request that asks an issuer for a token. */
export interface TracedTokenRequest {
  /** The issuer's name in the configuration. */
  readonly issuer: string;
  readonly grant: string;
  readonly endpoint: URL;
}

/**
 * Where spans come from. What it is told is all that a span may carry: never a token, a subject, a client, a secret or
 * the value of a header other than the trace context.
 */
export interface Tracing {
  /**
   * Runs `task` as the decision on one request that came in; what it does, however deep, belongs to that span.
   *
   * @param way the endpoint through which the request came
   */
  decision<Result>(way: string, caller: TraceContext, task: () => Promise<Result>): Promise<Result>;
  /** Tells the decision's span what it led to. */
  decided(decision: Decision, route: string): void;
  /** Tells the decision's span what became of the look for a token. */
  lookedUp(lookup: Lookup): void;
  /** Runs `task`, which outlives the request that caused it: its spans are linked to that request's. */
  behind<Result>(task: () => Result): Result;
  /**
   * Runs `send` as one token request.
   *
   * @param send gets the headers that let the issuer continue the trace
   */
  tokenRequest<Answer extends { readonly status: number }>(
    request: TracedTokenRequest,
    send: (headers: Readonly<Record<string, string>>) => Promise<Answer>,
  ): Promise<Answer>;
  /** Runs `task` as one request to a Kubernetes cluster, named as in the configuration. */
  clusterRequest<Result>(
    cluster: string,
    kind: 'token review' | 'token request',
    task: () => Promise<Result>,
  ): Promise<Result>;
  /** A key set was asked for, and the answer has just come, after `duration` ms. */
  keySetFetched(provider: string, error: Error | undefined, duration: number): void;
  /** 32 hex digits: the trace of the decision under way; undefined when there is none. */
  traceId(): string | undefined;
}

/** Where nobody wants spans. It costs a call. */
export const NO_TRACING: Tracing = {
  decision: (_way, _caller, task) => task(),
  decided: () => {},
  lookedUp: () => {},
  behind: (task) => task(),
  tokenRequest: (_request, send) => send({}),
  clusterRequest: (_cluster, _kind, task) => task(),
  keySetFetched: () => {},
  traceId: () => undefined,
};
