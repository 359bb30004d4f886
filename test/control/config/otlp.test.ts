import { describe, expect, test } from 'vitest';
import { readEnvironment } from '../../../control/config/environment.ts';
import { SIGNALS } from '../../../control/config/otlp-variables.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { read as readOriginal } from './token-exchange/reading.ts';

const URL = 'http://collector:4318';
const EXPORT = { OTEL_TRACES_EXPORTER: 'otlp', OTEL_METRICS_EXPORTER: 'otlp' };
const noFile = () => {
  throw Object.assign(new Error('not there'), { code: 'ENOENT' });
};
const read = (environment: Record<string, string>, readFile: (path: string) => Buffer = noFile) =>
  readEnvironment(environment, readFile);

describe('metrics are exported', () => {
  test.each<readonly [string, Record<string, string>]>([
    ['nothing is set', {}],
    ['only an endpoint for everything is', { OTEL_EXPORTER_OTLP_ENDPOINT: URL }],
    ['they are not wanted', { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: URL, OTEL_METRICS_EXPORTER: 'none' }],
    ['the SDK is disabled', { ...EXPORT, OTEL_SDK_DISABLED: 'true' }],
  ])('not where %s', (_what, environment) => {
    expect(read(environment).metricExport).toBeUndefined();
  });

  test.each([{ OTEL_METRICS_EXPORTER: 'otlp' }, { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${URL}/v1/metrics` }])(
    'where %o asks for it, with the defaults of the specification',
    (environment) => {
      expect(read(environment).metricExport).toEqual({
        protocol: 'http/protobuf',
        service: { name: undefined, usual: 'envoy-token-broker' },
        interval: 60_000,
        timeout: 30_000,
      });
    },
  );

  test('at the interval that is set, which bounds the time for one', () => {
    const { metricExport } = read({ ...EXPORT, OTEL_METRIC_EXPORT_INTERVAL: '1000' });
    expect(metricExport).toMatchObject({ interval: 1000, timeout: 1000 });
  });
});

describe('the protocol', () => {
  test.each<readonly [string, Record<string, string>]>([
    ['http/protobuf', {}],
    ['http/protobuf', { OTEL_EXPORTER_OTLP_ENDPOINT: URL }],
    ['grpc', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' }],
    ['grpc', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector.example:4317/' }],
    ['http/json', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }],
    ['grpc', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc' }],
    ['grpc', { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317', OTEL_EXPORTER_OTLP_INSECURE: 'true' }],
  ])('is %s with %o', (protocol, environment) => {
    expect(read({ ...EXPORT, ...environment }).tracing?.protocol).toBe(protocol);
  });

  test('is one for each signal', () => {
    const { tracing, metricExport } = read({ ...EXPORT, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'grpc' });
    expect([tracing?.protocol, metricExport?.protocol]).toEqual(['http/protobuf', 'grpc']);
  });
});

describe('issuers continue', () => {
  test.each<readonly [string | undefined, boolean, boolean]>([
    [undefined, true, false],
    ['tracecontext,baggage', true, true],
    [' TraceContext ', true, false],
    ['baggage', false, true],
    ['none', false, false],
  ])('with OTEL_PROPAGATORS=%s trace context: %s, baggage: %s', (value, traceContext, baggage) => {
    const environment: Record<string, string> = value === undefined ? {} : { OTEL_PROPAGATORS: value };
    expect(read({ OTEL_SDK_DISABLED: 'true', ...environment }).propagation).toEqual({ traceContext, baggage });
  });
});

describe('a bad value is a problem that names its variable', () => {
  const PARTS: readonly (readonly [string, string, RegExp])[] = [
    ['ENDPOINT', 'planted:4318', /: is not an http:\/\/ or https:\/\/ URL; write http:\/\/localhost:4318/],
    ['ENDPOINT', 'ftp://planted:4317', /: is not an http:\/\/ or https:\/\/ URL/],
    ['ENDPOINT', 'http://planted bad', /: is not an http:\/\/ or https:\/\/ URL/],
    ['PROTOCOL', 'thrift', /: "thrift" is not one of http\/protobuf, http\/json, grpc/],
    ['HEADERS', 'authorization', /: is not a list of headers; write name=value/],
    ['HEADERS', 'api key=planted', /: is not a list of headers/],
    ['HEADERS', 'x-key=planted%zz', /: is not a list of headers/],
    ['HEADERS', 'x-key=planted\r\nevil: 1', /: is not a list of headers/],
    ['TIMEOUT', '10s', /: "10s" is not a whole number from 1 to 86400000/],
    ['TIMEOUT', '0', /: "0" is not from 1 to/],
    ['COMPRESSION', 'zstd', /: "zstd" is not one of none, gzip/],
    ['INSECURE', 'no', /: "no" is not true or false/],
    ['CERTIFICATE', '/none.pem', /: \/none.pem cannot be read \(ENOENT\)/],
    ['CLIENT_CERTIFICATE', '/none.pem', /: \/none.pem cannot be read \(ENOENT\)/],
    ['CLIENT_KEY', '/none.pem', /: is of no use alone; set a client certificate and its key/],
  ];

  test.each(SIGNALS.flatMap((signal) => PARTS.map((part) => [signal, ...part] as const)))(
    '%s_%s=%s',
    (signal, part, value, message) => {
      for (const name of [`OTEL_EXPORTER_OTLP_${signal}_${part}`, `OTEL_EXPORTER_OTLP_${part}`]) {
        const environment = { [`OTEL_${signal}_EXPORTER`]: 'otlp', [name]: value };
        expect(() => read(environment)).toThrow(new RegExp(`^${name}${message.source}`, 'm'));
        expect(() => read(environment)).not.toThrow(/planted/);
      }
    },
  );

  test.each<readonly [Record<string, string>, RegExp]>([
    [{ OTEL_METRICS_EXPORTER: 'prometheus' }, /^OTEL_METRICS_EXPORTER: "prometheus" is not otlp or none/],
    [{ OTEL_PROPAGATORS: 'tracecontext,b3' }, /^OTEL_PROPAGATORS: "tracecontext,b3" is not a list of tracecontext and/],
    [{ OTEL_PROPAGATORS: 'none,baggage' }, /^OTEL_PROPAGATORS: "none,baggage" is not a list of/],
    [{ ...EXPORT, OTEL_METRIC_EXPORT_INTERVAL: '1m' }, /^OTEL_METRIC_EXPORT_INTERVAL: "1m" is not a whole number/],
    [
      { ...EXPORT, OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta' },
      /^OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "delta" is not one of cumulative/,
    ],
  ])('%o', (environment, message) => {
    expect(() => read(environment)).toThrow(message);
  });

  test('and nothing is looked at that is not exported', () => {
    expect(() => read({ OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd' })).not.toThrow();
  });
});

test('certificates are read, headers may be encoded', () => {
  const { certificate, key } = createCertificateAuthority();
  const files = new Map([
    ['/ca.pem', certificate],
    ['/client.pem', certificate],
    ['/client.key', key],
  ]);
  const environment = {
    ...EXPORT,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example:4318',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20planted, x-scope-orgid=a',
    OTEL_EXPORTER_OTLP_CERTIFICATE: '/ca.pem',
    OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE: '/client.pem',
    OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY: '/client.key',
  };
  expect(read(environment, (path) => Buffer.from(files.get(path) ?? '')).tracing).toBeDefined();
});

describe('as ext-authz-token-exchange reads them', () => {
  test.each<Record<string, string>>([{}, { OTEL_EXPORTER_OTLP_ENDPOINT: URL }, { OTEL_TRACES_EXPORTER: 'none' }])(
    'nothing is exported with %o',
    async (environment) => {
      const { tracing, metricExport } = await readOriginal({ environment });
      expect([tracing, metricExport]).toEqual([undefined, undefined]);
    },
  );

  test('what is exported goes by gRPC, under its name', async () => {
    const environment = { ...EXPORT, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:9000' };
    const { tracing, metricExport } = await readOriginal({ environment });
    const both = { protocol: 'grpc', service: { name: undefined, usual: 'ext-authz-token-exchange' } };
    expect(tracing).toMatchObject(both);
    expect(metricExport).toMatchObject(both);
  });
});
