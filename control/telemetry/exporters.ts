import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { OtlpProtocol } from '../config/otlp-variables.ts';

/** One of OpenTelemetry's exporters; only the one that is used is loaded. */
export async function createSpanExporter(protocol: OtlpProtocol): Promise<SpanExporter> {
  const { OTLPTraceExporter } = await loadTraces(protocol);
  return new OTLPTraceExporter();
}

export async function createMetricExporter(protocol: OtlpProtocol): Promise<PushMetricExporter> {
  const { OTLPMetricExporter } = await loadMetrics(protocol);
  return new OTLPMetricExporter();
}

function loadTraces(protocol: OtlpProtocol) {
  if (protocol === 'grpc') return import('@opentelemetry/exporter-trace-otlp-grpc');
  if (protocol === 'http/json') return import('@opentelemetry/exporter-trace-otlp-http');
  return import('@opentelemetry/exporter-trace-otlp-proto');
}

function loadMetrics(protocol: OtlpProtocol) {
  if (protocol === 'grpc') return import('@opentelemetry/exporter-metrics-otlp-grpc');
  if (protocol === 'http/json') return import('@opentelemetry/exporter-metrics-otlp-http');
  return import('@opentelemetry/exporter-metrics-otlp-proto');
}
