import { AsyncLocalStorage } from 'node:async_hooks';
import type { Propagation } from '../config/telemetry.ts';
import type { TraceContext, Tracing } from './tracing.ts';

/** W3C Trace Context section 3.2; neither all zeros nor the version that is none. */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Nothing else can be sent in a header without a doubt of what it means. */
const PRINTABLE = /^[\x20-\x7e]+$/;

type Headers = Readonly<Record<string, string>>;

/** What no request waits for belongs to no request's context. */
const NOTHING: Headers = {};

/**
 * Has token requests carry what the request brought that caused them, as it stands.
 */
export function continueContext<Port extends Tracing>(tracing: Port, propagation: Propagation): Port {
  if (!propagation.traceContext && !propagation.baggage) return tracing;
  const storage = new AsyncLocalStorage<Headers>();
  return {
    ...tracing,
    decision: (way, caller, task) => {
      const headers = headersOf(caller, propagation);
      const decide = () => tracing.decision(way, caller, task);
      return headers === NOTHING ? decide() : storage.run(headers, decide);
    },
    behind: (task) => storage.run(NOTHING, () => tracing.behind(task)),
    tokenRequest: (request, send) =>
      tracing.tokenRequest(request, (headers) => send({ ...storage.getStore(), ...headers })),
  };
}

function headersOf(
  { traceparent = '', tracestate = '', baggage = '' }: TraceContext,
  propagation: Propagation,
): Headers {
  const traced = propagation.traceContext && TRACE_PARENT.test(traceparent);
  const more = propagation.baggage && PRINTABLE.test(baggage);
  if (!traced && !more) return NOTHING;
  return {
    ...(traced ? { traceparent } : {}),
    ...(traced && PRINTABLE.test(tracestate) ? { tracestate } : {}),
    ...(more ? { baggage } : {}),
  };
}
