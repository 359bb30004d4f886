import type { OtlpProtocol } from './otlp-variables.ts';

/** What exporters are told. Where they send to, they read from OpenTelemetry's own variables. */
interface ExportConfiguration {
  readonly protocol: OtlpProtocol;
  /** `service.name`. */
  readonly service: {
    /** `OTEL_SERVICE_NAME`; undefined: what `OTEL_RESOURCE_ATTRIBUTES` says, or the one below. */
    readonly name: string | undefined;
    readonly usual: string;
  };
}

/** How metrics are exported, besides being there for Prometheus. */
export interface MetricExportConfiguration extends ExportConfiguration {
  /** ms between two exports. */
  readonly interval: number;
  /** ms that one export may take, no more than the interval. */
  readonly timeout: number;
}

/** What of a request's own context is continued to issuers. */
export interface Propagation {
  /** https://www.w3.org/TR/trace-context/ */
  readonly traceContext: boolean;
  /** https://www.w3.org/TR/baggage/ */
  readonly baggage: boolean;
}

/** How spans are made. */
export interface TracingConfiguration extends ExportConfiguration {
  readonly sampler: SamplerName;
  /** Part of the traces that `traceidratio` keeps, 0 to 1. */
  readonly ratio: number;
  readonly batch: {
    /** ms between two exports. */
    readonly scheduledDelayMillis: number;
    /** ms that one export may take. */
    readonly exportTimeoutMillis: number;
    /** Spans that wait at most; those beyond are dropped. */
    readonly maxQueueSize: number;
    /** Spans in one export at most. */
    readonly maxExportBatchSize: number;
  };
}

export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export type SamplerName = (typeof SAMPLERS)[number];

/** Where decisions are recorded. */
export interface AuditConfiguration {
  /** As problems name it. */
  readonly setting: string;
  /** `stdout`, `stderr` or a file's path. */
  readonly log: string;
  /** Top-level claims of a verified JWT that are recorded. */
  readonly claims: readonly string[];
}
