import type { IncomingMessage } from 'node:http';
import type { TraceContext } from '../decide/tracing.ts';
import { headerValues } from './raw-headers.ts';

/** Characters of `tracestate` that are continued; W3C Trace Context section 3.3.1.5 asks for 512 at least. */
const MAXIMUM_TRACE_STATE = 512;

/** Characters of `baggage` that are continued; W3C Baggage section 3.3.2 asks for 8192 at least. */
const MAXIMUM_BAGGAGE = 8192;

/**
 * The trace that a request belongs to; a `traceparent` that came twice is none (W3C Trace Context section 3.2).
 *
 * @param values gives a header's values by its name in lower case
 */
export function readTraceContext(values: (name: string) => readonly Buffer[]): TraceContext {
  const [traceparent, another] = values('traceparent');
  const baggage = readBaggage(values('baggage'));
  if (traceparent === undefined || another !== undefined) return baggage === undefined ? {} : { baggage };
  const tracestate = values('tracestate').join(',');
  return {
    traceparent: traceparent.toString('latin1'),
    tracestate: tracestate.length > MAXIMUM_TRACE_STATE ? undefined : tracestate || undefined,
    ...(baggage === undefined ? {} : { baggage }),
  };
}

function readBaggage(values: readonly Buffer[]): string | undefined {
  const baggage = values.join(',');
  return baggage.length > MAXIMUM_BAGGAGE ? undefined : baggage || undefined;
}

/** The same, of a request over HTTP. */
export function traceContextOf(request: IncomingMessage): TraceContext {
  return readTraceContext((name) => headerValues(request, name));
}
