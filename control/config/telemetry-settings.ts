import type { EnvironmentReader } from './environment-reader.ts';
import { type Problems, shown } from './problems.ts';
import { type AuditConfiguration, SAMPLERS, type TracingConfiguration } from './telemetry.ts';
import type { VariableName } from './variables.ts';

const MAXIMUM_CLAIMS = 32;
const CLAIM = /^[!-+.-~]{1,128}$/;

/** Where decisions are recorded, and how spans are made. */
export interface TelemetrySettings {
  /** Undefined: nowhere. */
  readonly audit: AuditConfiguration | undefined;
  /** Undefined: no spans. */
  readonly tracing: TracingConfiguration | undefined;
}

/** @param file what the configuration file says of the audit log; a variable that is set wins over it */
export function readTelemetrySettings(
  reader: EnvironmentReader,
  problems: Problems,
  file: AuditConfiguration | undefined,
): TelemetrySettings {
  return { audit: readAudit(reader, problems, file), tracing: readTracing(reader, problems) };
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

function readTracing(reader: EnvironmentReader, problems: Problems): TracingConfiguration | undefined {
  const endpoints = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;
  const name = endpoints.find((candidate) => reader.has(candidate));
  const disabled = reader.boolean('OTEL_SDK_DISABLED');
  if (name === undefined || disabled || reader.choice('OTEL_TRACES_EXPORTER', ['otlp', 'none']) === 'none') {
    return undefined;
  }
  checkEndpoint(name, reader, problems);
  checkProtocol(reader, problems);
  const maxQueueSize = reader.integer('OTEL_BSP_MAX_QUEUE_SIZE');
  return {
    serviceName: reader.optional('OTEL_SERVICE_NAME'),
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

function checkEndpoint(name: VariableName, reader: EnvironmentReader, problems: Problems): void {
  const { protocol } = URL.parse(reader.text(name)) ?? {};
  if (protocol !== 'http:' && protocol !== 'https:') {
    // The value is not shown: it may hold credentials.
    problems.add(name, 'is not an http:// or https:// URL; write http://localhost:4318');
  }
}

/** An empty or missing name is the default; gRPC would take another exporter, and a second way to fail. */
function checkProtocol(reader: EnvironmentReader, problems: Problems): void {
  const names = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'] as const;
  const name = names.find((candidate) => reader.has(candidate));
  if (name !== undefined && reader.text(name) !== 'http/protobuf') {
    problems.add(name, `${shown(reader.text(name))} is not http/protobuf; use that, on port 4318 of most collectors`);
  }
}
