import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { TracingConfiguration } from '../config/telemetry.ts';
import type { TraceContext, Tracing } from '../decide/tracing.ts';
import { BrokerError } from '../errors.ts';
import { createSpanExporter } from './exporters.ts';
import { closeWithin, createResource } from './resource.ts';
import { createSampler } from './sampler.ts';
import { Scopes } from './scope.ts';
import { type ExportObserver, WatchedExporter } from './watched-exporter.ts';

const NAME = 'envoy-token-broker';

/** {@link Tracing}, and the connection that spans leave by. */
export interface ClosableTracing extends Tracing {
  /** Sends what is left, and does not wait for long. It never rejects. */
  close(): Promise<void>;
}

export interface TracingOptions {
  readonly version: string;
  readonly observer: ExportObserver;
  /** Whether spans belong to the caller's trace, and the issuer's to theirs. */
  readonly traceContext: boolean;
  /** ms that {@link ClosableTracing.close} waits at most; 2000 by default. */
  readonly lastExport?: number;
}

/**
 * Spans by OpenTelemetry's SDK, sent over OTLP. The exporter reads the endpoint, headers, timeout, compression and
 * certificates from the standard environment variables itself.
 */
export async function createTracing(
  configuration: TracingConfiguration,
  options: TracingOptions,
): Promise<ClosableTracing> {
  const exporter = new WatchedExporter(await createSpanExporter(configuration.protocol), options.observer);
  const provider = new TracerProvider({
    resource: createResource(configuration, options.version),
    sampler: createSampler(configuration),
    // Nothing that a caller sends grows a span: `tracestate` is the only text of theirs in it, cut by the SDK.
    spanLimits: { attributeCountLimit: 32, attributeValueLengthLimit: 256, linkCountLimit: 1, eventCountLimit: 0 },
    spanProcessors: [new BatchSpanProcessor({ exporter, ...configuration.batch })],
  });
  const tracer = provider.getTracer(NAME, options.version);
  const propagator = new CompositePropagator({
    propagators: options.traceContext ? [new W3CTraceContextPropagator()] : [],
  });
  const scopes = new Scopes();

  const begin = (name: string, kind: SpanKind, attributes: Attributes, startTime?: number) => {
    const { context, links } = scopes.parent();
    const started = startTime === undefined ? {} : { startTime };
    return tracer.startSpan(name, { kind, attributes: { ...attributes }, links, ...started }, context);
  };

  return {
    decision(way, caller, task) {
      const context = propagator.extract(ROOT_CONTEXT, caller, { get: readHeader, keys: () => [] });
      const attributes = { 'token_broker.way': way };
      return scopes.run(tracer.startSpan('decide', { kind: SpanKind.SERVER, attributes }, context), task);
    },
    decided(decision, route) {
      const { span } = scopes;
      if (span === undefined) return;
      span.setAttributes({ 'token_broker.decision': decision.outcome, 'token_broker.route': route });
      const { asked } = decision;
      if (asked !== undefined) {
        span.setAttributes({ 'token_broker.issuer': asked.issuer, 'token_broker.grant': asked.grant });
      }
      if (decision.outcome === 'allow') return;
      span.setAttributes({ 'http.response.status_code': decision.status, 'error.type': decision.error.code });
      // A refusal is no error of the server's (OpenTelemetry's conventions for HTTP spans).
      if (decision.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    },
    lookedUp: (lookup) => scopes.span?.setAttribute('token_broker.cache', lookup),
    behind: (task) => scopes.leave(task),
    async tokenRequest({ issuer, grant, endpoint }, send) {
      const span = begin('token request', SpanKind.CLIENT, {
        'token_broker.issuer': issuer,
        'token_broker.grant': grant,
        'http.request.method': 'POST',
        'server.address': endpoint.hostname,
      });
      try {
        const headers: Record<string, string> = {};
        propagator.inject(trace.setSpan(ROOT_CONTEXT, span), headers, { set: writeHeader });
        const answer = await send(headers);
        span.setAttribute('http.response.status_code', answer.status);
        if (answer.status >= 400) fail(span, String(answer.status));
        return answer;
      } catch (error) {
        fail(span, error instanceof BrokerError ? error.code : 'internal');
        throw error;
      } finally {
        span.end();
      }
    },
    async clusterRequest(cluster, kind, task) {
      const span = begin(kind, SpanKind.CLIENT, { 'token_broker.cluster': cluster });
      try {
        return await task();
      } catch (error) {
        fail(span, error instanceof BrokerError ? error.code : 'internal');
        throw error;
      } finally {
        span.end();
      }
    },
    keySetFetched(provider, error, duration) {
      const attributes = { 'token_broker.provider': provider };
      const span = begin('key set fetch', SpanKind.CLIENT, attributes, Date.now() - duration);
      if (error !== undefined) fail(span, 'jwt_keys_unavailable');
      span.end();
    },
    traceId: () => scopes.span?.spanContext().traceId,
    close: () => closeWithin(options.lastExport, () => provider.shutdown()),
  };
}

type Attributes = Readonly<Record<string, string | number>>;

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
}

function readHeader(carrier: TraceContext, name: string): string | undefined {
  return carrier[name as keyof TraceContext];
}

function writeHeader(carrier: Record<string, string>, name: string, value: string): void {
  carrier[name] = value;
}
