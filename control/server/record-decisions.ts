import type { Audit } from '../decide/audit.ts';
import type { TraceContext, Tracing } from '../decide/tracing.ts';
import type { DecisionObserver } from './service.ts';

const TRACE_ID = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** Has every decision told to the span under way and to the audit log, besides the observer. */
export function recordDecisions(
  observer: DecisionObserver,
  { tracing, audit }: { readonly tracing: Tracing; readonly audit: Audit | undefined },
): DecisionObserver {
  return {
    begin: (way) => {
      const observe = observer.begin(way);
      return (decision, context) => {
        observe(decision, context);
        tracing.decided(decision, context.route);
        const { route, requestId, caller } = context;
        audit?.record({ decision, way, route, requestId, traceId: tracing.traceId() ?? traceIdOf(caller) });
      };
    },
  };
}

/** Where no spans are made, the caller's trace is still the one that others know the request by. */
function traceIdOf(caller: TraceContext | undefined): string | undefined {
  return TRACE_ID.exec(caller?.traceparent ?? '')?.[1];
}
