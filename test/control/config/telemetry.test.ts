import { describe, expect, test } from 'vitest';
import { readEnvironment } from '../../../control/config/environment.ts';
import { readConfigurationFile } from '../../../control/config/file.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };
const read = (environment: Record<string, string>) => readEnvironment(environment, () => Buffer.alloc(0));

describe('tracing', () => {
  test.each<readonly [string, Record<string, string>]>([
    ['nothing is set', {}],
    ['the endpoint is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['only other variables are set', { OTEL_SERVICE_NAME: 'x', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
    ['the SDK is disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }],
    ['no exporter is wanted', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
    ['only metrics have an endpoint', { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://localhost:4318/v1/metrics' }],
  ])('is off where %s', (_what, environment) => {
    expect(read(environment).tracing).toBeUndefined();
  });

  test('is on with an endpoint, with the defaults of the specification', () => {
    expect(read(ENDPOINT).tracing).toEqual({
      protocol: 'http/protobuf',
      service: { name: undefined, usual: 'envoy-token-broker' },
      sampler: 'parentbased_always_on',
      ratio: 1,
      batch: { scheduledDelayMillis: 5000, exportTimeoutMillis: 30_000, maxQueueSize: 2048, maxExportBatchSize: 512 },
    });
  });

  test('takes the standard variables', () => {
    const { tracing } = read({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector.example/v1/traces',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
      OTEL_SERVICE_NAME: 'broker',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      OTEL_BSP_MAX_QUEUE_SIZE: '100',
    });
    expect(tracing).toMatchObject({ service: { name: 'broker' }, sampler: 'traceidratio', ratio: 0.25 });
    expect(tracing?.batch).toMatchObject({ maxQueueSize: 100, maxExportBatchSize: 100 });
  });

  test.each<readonly [Record<string, string>, RegExp]>([
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'console' }, /^OTEL_TRACES_EXPORTER: "console" is not otlp or none; send to/],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'maybe' }, /^OTEL_SDK_DISABLED: "maybe" is not true or false/],
    [{ ...ENDPOINT, OTEL_TRACES_SAMPLER: 'jaeger_remote' }, /^OTEL_TRACES_SAMPLER: .* is not one of always_on/],
    [{ ...ENDPOINT, OTEL_TRACES_SAMPLER_ARG: '2' }, /^OTEL_TRACES_SAMPLER_ARG: "2" is not from 0 to 1/],
    [{ ...ENDPOINT, OTEL_RESOURCE_ATTRIBUTES: 'a=1,planted' }, /^OTEL_RESOURCE_ATTRIBUTES: is not a list of/],
    [{ ...ENDPOINT, OTEL_RESOURCE_ATTRIBUTES: 'a=%zz' }, /^OTEL_RESOURCE_ATTRIBUTES: is not a list of/],
  ])('%o is a problem', (environment, message) => {
    expect(() => read(environment)).toThrow(message);
    expect(() => read(environment)).not.toThrow(/planted/);
  });

  test('is on where it is asked for by name, in any case, whatever endpoint the exporter has', () => {
    expect(read({ OTEL_TRACES_EXPORTER: 'OTLP' }).tracing).toBeDefined();
  });
});

describe('the audit log', () => {
  const file = (audit: object | undefined, environment: Record<string, string> = {}) => {
    const issuers = { dex: { tokenEndpoint: 'https://dex.example/token' } };
    const text = JSON.stringify({ version: 'v1', issuers, policy: { entries: [] }, audit });
    return readConfigurationFile('/control.yaml', environment, () => Buffer.from(text)).audit;
  };

  test('is off unless it is asked for', () => {
    expect(read({}).audit).toBeUndefined();
    expect(file(undefined)).toBeUndefined();
  });

  test('takes its claims from where it is asked for', () => {
    const claims = ['iss', 'sub', 'client_id', 'azp'];
    expect(read({ AUDIT_LOG: 'stdout' }).audit).toEqual({ setting: 'AUDIT_LOG', log: 'stdout', claims });
    expect(read({ AUDIT_LOG: 'stdout', AUDIT_CLAIMS: 'sub, org' }).audit?.claims).toEqual(['sub', 'org']);
    expect(file({ log: '/a' })).toEqual({ setting: 'audit.log', log: '/a', claims });
    expect(file({ log: '/a', claims: ['sub'] })?.claims).toEqual(['sub']);
  });

  test('goes where a variable says, when the file says otherwise', () => {
    const audit = file({ log: '/a', claims: ['sub'] }, { AUDIT_LOG: 'stderr' });
    expect(audit).toEqual({ setting: 'AUDIT_LOG', log: 'stderr', claims: ['sub'] });
  });

  test.each([{ AUDIT_CLAIMS: 'sub,,iss' }, { AUDIT_CLAIMS: Array(33).fill('a').join(',') }])(
    'refuses %o',
    (environment) => {
      expect(() => read({ AUDIT_LOG: 'stdout', ...environment })).toThrow(/^AUDIT_CLAIMS: is not a list of 32/);
    },
  );
});
