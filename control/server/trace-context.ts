import type { IncomingMessage } from 'node:http';
import type { TraceContext } from '../decide/tracing.ts';
import { headerValues } from './raw-headers.ts';

/** Characters of `tracestate` that are continued; W3C Trace Context section 3.3.1.5 asks for 512 at least. */
const MAXIMUM_TRACE_STATE = 512;

/**
 * The trace that a request belongs to; a `traceparent` that came twice is none (W3C Trace Context section 3.2).
 *
 * @param values gives a header's values by its name in lower case
 */
export function readTraceContext(values: (name: string) => readonly Buffer[]): TraceContext {
  const [traceparent, another] = values('traceparent');
  if (traceparent === undefined || another !== undefined) return {};
  const tracestate = values('tracestate').join(',');
  return {
    traceparent: traceparent.toString('latin1'),
    tracestate: tracestate.length > MAXIMUM_TRACE_STATE ? undefined : tracestate || undefined,
  };
}

/** The same, of a request over HTTP. */
export function traceContextOf(request: IncomingMessage): TraceContext {
  return readTraceContext((name) => headerValues(request, name));
}
