import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { Registry } from 'prom-client';
import type { MetricExportConfiguration } from '../config/telemetry.ts';
import { createMetricExporter } from './exporters.ts';
import { produceFrom } from './prometheus-producer.ts';
import { closeWithin, createResource } from './resource.ts';
import { type ExportObserver, WatchedExporter } from './watched-exporter.ts';

export interface MetricExportOptions {
  readonly version: string;
  readonly observer: ExportObserver;
  /** ms that the end waits at most; 2000 by default. */
  readonly lastExport?: number;
}

/**
 * Sends what a registry holds over OTLP, again and again. The exporter reads the endpoint, headers, timeout, compression
 * and certificates from the standard environment variables itself.
 *
 * @returns sends what is left, and does not wait for long; it never rejects
 */
export async function exportMetrics(
  registry: Registry,
  configuration: MetricExportConfiguration,
  { version, observer, lastExport }: MetricExportOptions,
): Promise<() => Promise<void>> {
  const reader = new PeriodicExportingMetricReader({
    exporter: new WatchedExporter(await createMetricExporter(configuration.protocol), observer),
    exportIntervalMillis: configuration.interval,
    exportTimeoutMillis: configuration.timeout,
  });
  const scope = { name: 'envoy-token-broker', version };
  reader.setMetricProducer(produceFrom(registry, createResource(configuration, version), scope));
  return () => closeWithin(lastExport, () => reader.shutdown());
}
