import type { EnvironmentReader } from './environment-reader.ts';
import type { OtlpProtocol, Signal } from './otlp-variables.ts';
import type { Problems } from './problems.ts';
import type { Files } from './read-files.ts';
import { readOtlp } from './read-otlp.ts';
import {
  type AuditConfiguration,
  type MetricExportConfiguration,
  type Propagation,
  SAMPLERS,
  type TracingConfiguration,
} from './telemetry.ts';
import type { VariableName } from './variables.ts';

const MAXIMUM_CLAIMS = 32;
const CLAIM = /^[!-+.-~]{1,128}$/;

/** Where decisions are recorded, and what is exported. */
export interface TelemetrySettings {
  /** Undefined: nowhere. */
  readonly audit: AuditConfiguration | undefined;
  /** Undefined: no spans. */
  readonly tracing: TracingConfiguration | undefined;
  /** Undefined: metrics are for Prometheus alone. */
  readonly metricExport: MetricExportConfiguration | undefined;
  /** Whether or not spans are made. */
  readonly propagation: Propagation;
}

/** What variables mean that are not set. */
export interface TelemetryHabits {
  /** `service.name`. */
  readonly serviceName: string;
  readonly protocol: OtlpProtocol;
  /** `OTEL_PROPAGATORS`. */
  readonly propagators: string;
  /** Any of these has a signal exported of itself. */
  readonly traces: readonly VariableName[];
  readonly metrics: readonly VariableName[];
}

/**
 * A collector for traces alone is common, and `/metrics` is there anyway: metrics go where they are wanted by name. Baggage
 * is what applications tell each other, of their users too: an issuer gets it only where somebody says so.
 */
const OUR_HABITS: TelemetryHabits = {
  serviceName: 'envoy-token-broker',
  protocol: 'http/protobuf',
  propagators: 'tracecontext',
  traces: ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  metrics: ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'],
};

/** Those of michaelw/ext-authz-token-exchange: gRPC, and nothing is exported that no variable asks for by name. */
export const EXT_AUTHZ_TOKEN_EXCHANGE_HABITS: TelemetryHabits = {
  serviceName: 'ext-authz-token-exchange',
  protocol: 'grpc',
  propagators: 'tracecontext,baggage',
  traces: [],
  metrics: [],
};

interface Sources {
  readonly reader: EnvironmentReader;
  readonly files: Files;
  readonly problems: Problems;
}

/** @param file what the configuration file says of the audit log; a variable that is set wins over it */
export function readTelemetrySettings(
  sources: Sources,
  file: AuditConfiguration | undefined,
  habits = OUR_HABITS,
): TelemetrySettings {
  return {
    audit: readAudit(sources.reader, sources.problems, file),
    tracing: readTracing(sources, habits),
    metricExport: readMetricExport(sources, habits),
    propagation: readPropagation(sources.reader, habits),
  };
}

function readAudit(
  reader: EnvironmentReader,
  problems: Problems,
  file: AuditConfiguration | undefined,
): AuditConfiguration | undefined {
  const fromVariable = reader.optional('AUDIT_LOG');
  const log = fromVariable ?? file?.log;
  if (log === undefined) return undefined;
  const ownClaims = file === undefined || reader.has('AUDIT_CLAIMS');
  return {
    setting: fromVariable === undefined ? 'audit.log' : 'AUDIT_LOG',
    log,
    claims: ownClaims ? readClaims(reader, problems) : file.claims,
  };
}

function readClaims(reader: EnvironmentReader, problems: Problems): readonly string[] {
  const claims = reader
    .text('AUDIT_CLAIMS')
    .split(',')
    .map((claim) => claim.trim());
  if (claims.length > MAXIMUM_CLAIMS || !claims.every((claim) => CLAIM.test(claim))) {
    problems.add('AUDIT_CLAIMS', `is not a list of ${MAXIMUM_CLAIMS} claims at most; write iss,sub`);
  }
  return claims;
}

/** Undefined where spans are not wanted. */
function readTracing(sources: Sources, habits: TelemetryHabits): TracingConfiguration | undefined {
  const { reader } = sources;
  if (!isWanted('TRACES', reader, habits.traces)) return undefined;
  const maxQueueSize = reader.integer('OTEL_BSP_MAX_QUEUE_SIZE');
  return {
    ...readExport('TRACES', sources, habits),
    sampler: reader.choice('OTEL_TRACES_SAMPLER', SAMPLERS),
    ratio: reader.number('OTEL_TRACES_SAMPLER_ARG'),
    batch: {
      scheduledDelayMillis: reader.integer('OTEL_BSP_SCHEDULE_DELAY'),
      exportTimeoutMillis: reader.integer('OTEL_BSP_EXPORT_TIMEOUT'),
      maxQueueSize,
      maxExportBatchSize: Math.min(reader.integer('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'), maxQueueSize),
    },
  };
}

/** Undefined where metrics are for Prometheus alone. */
function readMetricExport(sources: Sources, habits: TelemetryHabits): MetricExportConfiguration | undefined {
  const { reader } = sources;
  if (!isWanted('METRICS', reader, habits.metrics)) return undefined;
  reader.choice('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', ['cumulative']);
  reader.choice('OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION', ['explicit_bucket_histogram']);
  const interval = reader.integer('OTEL_METRIC_EXPORT_INTERVAL');
  const timeout = Math.min(reader.integer('OTEL_METRIC_EXPORT_TIMEOUT'), interval);
  return { ...readExport('METRICS', sources, habits), interval, timeout };
}

function isWanted(signal: Signal, reader: EnvironmentReader, enough: readonly VariableName[]): boolean {
  if (reader.boolean('OTEL_SDK_DISABLED')) return false;
  const exporter = `OTEL_${signal}_EXPORTER` as const;
  if (!reader.has(exporter)) return enough.some((name) => reader.has(name));
  return (
    reader.parsed(exporter, parseExporter, 'otlp or none; send to a collector, which has exporters for all else') ===
    'otlp'
  );
}

function readPropagation(reader: EnvironmentReader, { propagators }: TelemetryHabits): Propagation {
  const name = 'OTEL_PROPAGATORS';
  const expected = 'a list of tracecontext and baggage, or none; others are for the proxies in front to translate';
  return reader.has(name)
    ? reader.parsed(name, parsePropagators, expected)
    : (parsePropagators(propagators) as Propagation);
}

function parsePropagators(text: string): Propagation | undefined {
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  if (!names.every((name) => ['tracecontext', 'baggage', 'none'].includes(name))) return undefined;
  if (names.includes('none') && names.length > 1) return undefined;
  return { traceContext: names.includes('tracecontext'), baggage: names.includes('baggage') };
}

/** In any case, as OpenTelemetry's specification wants. */
function parseExporter(text: string): 'otlp' | 'none' | undefined {
  return (['otlp', 'none'] as const).find((name) => name === text.trim().toLowerCase());
}

function readExport(signal: Signal, sources: Sources, { serviceName, protocol }: TelemetryHabits) {
  checkResourceAttributes(sources);
  return {
    protocol: readOtlp(signal, sources, protocol),
    service: { name: sources.reader.optional('OTEL_SERVICE_NAME'), usual: serviceName },
  };
}

/** The SDK drops all of them when one is bad. The value is not shown: nobody knows what it holds. */
function checkResourceAttributes({ reader, problems }: Sources): void {
  const pairs = reader.text('OTEL_RESOURCE_ATTRIBUTES').split(',');
  if (!pairs.every((pair) => pair.trim() === '' || isAttribute(pair))) {
    problems.add('OTEL_RESOURCE_ATTRIBUTES', 'is not a list of attributes; write name=value,…, percent-encoded');
  }
}

function isAttribute(pair: string): boolean {
  try {
    const [name = '', value, ...rest] = pair.split('=').map((part) => decodeURIComponent(part.trim()));
    return name !== '' && name.length <= 255 && value !== undefined && value.length <= 255 && rest.length === 0;
  } catch {
    return false;
  }
}
