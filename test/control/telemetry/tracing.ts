import { vi } from 'vitest';
import type { TracingConfiguration } from '../../../control/config/telemetry.ts';
import { type ClosableTracing, createTracing } from '../../../control/telemetry/open-telemetry.ts';

const CONFIGURATION: TracingConfiguration = {
  protocol: 'http/protobuf',
  service: { name: undefined, usual: 'envoy-token-broker' },
  sampler: 'parentbased_always_on',
  ratio: 1,
  batch: { scheduledDelayMillis: 20, exportTimeoutMillis: 20_000, maxQueueSize: 2048, maxExportBatchSize: 512 },
};

/** A trace that somebody else began. */
export const CALLER = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

/**
 * Tracing that sends its spans there, and what it tells of its exports.
 *
 * @param patience ms for one export, and for the last one; by default what a machine under load may take
 */
export async function tracingTo(
  url: string,
  change: Partial<TracingConfiguration> = {},
  patience = 15_000,
  traceContext = true,
): Promise<{ tracing: ClosableTracing; told: string[] }> {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url);
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', String(patience));
  const told: string[] = [];
  const observer = { failed: () => told.push('failed'), recovered: () => told.push('recovered') };
  const tracing = await createTracing(
    { ...CONFIGURATION, ...change },
    { version: '0.0.0-test', observer, traceContext, lastExport: patience },
  );
  vi.unstubAllEnvs();
  return { tracing, told };
}
