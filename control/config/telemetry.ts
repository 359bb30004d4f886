/** How spans are made. Where they go to, the exporter reads from OpenTelemetry's own variables. */
export interface TracingConfiguration {
  /** Undefined: what `OTEL_RESOURCE_ATTRIBUTES` says, or our own. */
  readonly serviceName: string | undefined;
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
