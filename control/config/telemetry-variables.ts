import { OTLP_VARIABLES } from './otlp-variables.ts';
import type { Variable } from './variables.ts';

const DAY = 86_400_000;
/** OpenTelemetry's variables have times in ms, as whole numbers. */
const milliseconds = { process: true, minimum: 1, maximum: DAY } as const;
const spans = { process: true, minimum: 1, maximum: 1_000_000 } as const;

/** The audit log, and OpenTelemetry's variables ("Environment Variable Specification"). */
export const TELEMETRY_VARIABLES = {
  AUDIT_LOG: { process: true, description: 'where decisions are recorded: stdout, stderr or a file; unset: nowhere' },
  AUDIT_CLAIMS: {
    process: true,
    default: 'iss,sub,client_id,azp',
    description: 'claims of verified JWTs that the audit log records, separated by commas',
  },
  OTEL_SDK_DISABLED: { process: true, default: 'false', description: 'true: no traces and no metrics are exported' },
  OTEL_TRACES_EXPORTER: {
    process: true,
    choices: ['otlp', 'none'],
    description: 'otlp or none; unset: otlp where an endpoint for traces is set',
  },
  OTEL_METRICS_EXPORTER: {
    process: true,
    choices: ['otlp', 'none'],
    description: 'otlp or none; unset: otlp where an endpoint for metrics alone is set',
  },
  ...OTLP_VARIABLES,
  OTEL_SERVICE_NAME: { process: true, description: 'service.name; unset: envoy-token-broker' },
  OTEL_RESOURCE_ATTRIBUTES: {
    process: true,
    description: 'more about this process: deployment.environment.name=staging,… with values percent-encoded',
  },
  OTEL_PROPAGATORS: {
    process: true,
    default: 'tracecontext',
    description: 'what issuers get of the context that a request brings: tracecontext, baggage, both, or none',
  },
  OTEL_TRACES_SAMPLER: {
    process: true,
    default: 'parentbased_always_on',
    choices: [
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ],
    description: 'which traces are kept',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    process: true,
    default: '1',
    minimum: 0,
    maximum: 1,
    description: 'the part that traceidratio keeps',
  },
  OTEL_BSP_SCHEDULE_DELAY: { ...milliseconds, default: '5000', description: 'ms between two exports of spans' },
  OTEL_BSP_EXPORT_TIMEOUT: { ...milliseconds, default: '30000', description: 'ms that one export may take' },
  OTEL_BSP_MAX_QUEUE_SIZE: { ...spans, default: '2048', description: 'spans that wait; those beyond are dropped' },
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: { ...spans, default: '512', description: 'spans in one export' },
  OTEL_METRIC_EXPORT_INTERVAL: { ...milliseconds, default: '60000', description: 'ms between two exports of metrics' },
  OTEL_METRIC_EXPORT_TIMEOUT: { ...milliseconds, default: '30000', description: 'ms that one of these may take' },
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: {
    process: true,
    default: 'cumulative',
    choices: ['cumulative'],
    description: "cumulative; a collector's processor makes deltas of that",
  },
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: {
    process: true,
    default: 'explicit_bucket_histogram',
    choices: ['explicit_bucket_histogram'],
    description: 'explicit_bucket_histogram',
  },
} as const satisfies Record<string, Variable>;
