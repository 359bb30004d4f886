import type { Variable } from './variables.ts';

const DAY = 86_400_000;
/** OpenTelemetry's variables have times in ms, as whole numbers. */
const milliseconds = { process: true, minimum: 1, maximum: DAY } as const;
const spans = { process: true, minimum: 1, maximum: 1_000_000 } as const;

/** The audit log, and the OpenTelemetry variables that we read ourselves; its exporter reads the others. */
export const TELEMETRY_VARIABLES = {
  AUDIT_LOG: { process: true, description: 'where decisions are recorded: stdout, stderr or a file; unset: nowhere' },
  AUDIT_CLAIMS: {
    process: true,
    default: 'iss,sub,client_id,azp',
    description: 'claims of verified JWTs that the audit log records, separated by commas',
  },
  OTEL_SDK_DISABLED: { process: true, default: 'false', description: 'switches tracing off' },
  OTEL_TRACES_EXPORTER: {
    process: true,
    default: 'otlp',
    choices: ['otlp', 'none'],
    description: 'otlp, or none, which switches tracing off',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    process: true,
    description: 'where spans go, /v1/traces is added; unset: no tracing',
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: { process: true, description: 'the same, as it is; wins over the one above' },
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    process: true,
    default: 'http/protobuf',
    choices: ['http/protobuf'],
    description: 'http/protobuf is the only one',
  },
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: { process: true, description: 'the same; wins over the one above' },
  OTEL_SERVICE_NAME: { process: true, description: 'service.name of the spans; unset: envoy-token-broker' },
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
} as const satisfies Record<string, Variable>;
