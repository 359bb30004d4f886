import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EnvoyConfiguration } from '../../tools/launch/envoy-configuration.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { readSamples, sumSamples } from '../../tools/launch/statistics.ts';
import { addCluster } from '../support/add-cluster.ts';
import { credentials } from '../support/deployment.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp/receiver.ts';
import { useDeployment } from '../support/use-deployment.ts';

let receiver: OtlpReceiver;
let folder: string;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  folder = mkdtempSync(join(tmpdir(), 'tracing-'));
});
afterAll(async () => {
  await receiver.stop();
  rmSync(folder, { recursive: true });
});

/** A trace that the client began. */
function beginTrace() {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

/** Our spans of a trace, by name. */
const ours = (traceId: string) => {
  const spans = receiver.spans().filter((span) => span.traceId === traceId && span.service === 'envoy-token-broker');
  return new Map(spans.map((span) => [span.name, span]));
};

const auditLog = (name: string) => readFileSync(join(folder, name), 'utf8');

/** Each way in goes with a protocol of its own. */
const PROTOCOLS = { filter: 'http/protobuf', check: 'http/json', grpc: 'grpc' } as const;

const control = (name: string, way: keyof typeof PROTOCOLS) => () => ({
  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_PROTOCOL: PROTOCOLS[way],
  OTEL_EXPORTER_OTLP_ENDPOINT: way === 'grpc' ? receiver.grpcUrl : receiver.url,
  OTEL_RESOURCE_ATTRIBUTES: `test.case=${encodeURIComponent(name)}`,
  OTEL_BSP_SCHEDULE_DELAY: '50',
  OTEL_METRIC_EXPORT_INTERVAL: '200',
  AUDIT_LOG: join(folder, name),
});

/** What was exported last of a metric, in one case. */
const metric = (name: string, testCase: string) =>
  receiver
    .metrics()
    .filter((each) => each.name === name && each.resource['test.case'] === testCase)
    .at(-1)?.points;

/** Has Envoy make spans of its own. */
function traceWithEnvoy(configuration: EnvoyConfiguration): void {
  addCluster(configuration, 'otlp', receiver.port);
  configuration.httpConnectionManager().tracing = {
    provider: {
      name: 'envoy.tracers.opentelemetry',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig',
        service_name: 'envoy',
        http_service: { http_uri: { uri: `${receiver.url}/v1/traces`, cluster: 'otlp', timeout: '1s' } },
      },
    },
  };
}

describe.each([
  ['the filter', 'filter', 'token-broker', false],
  ['the filter, in an Envoy that traces', 'filter', 'token-broker', true],
  ['ext_authz', 'check', 'ext-authz', false],
  ['ext_authz, in an Envoy that traces', 'check', 'ext-authz', true],
  ['ext_authz over gRPC', 'grpc', 'ext-authz-grpc', false],
  ['ext_authz over gRPC, in an Envoy that traces', 'grpc', 'ext-authz-grpc', true],
] as const)('a traced request through %s', (title, way, shipped, envoyTraces) => {
  const deployment = useDeployment({
    shipped,
    control: control(title, way),
    ...(envoyTraces ? { configure: traceWithEnvoy } : {}),
  });

  test('is one trace from the client to the issuer', async () => {
    const { clients, traceparents } = deployment().identityProvider;
    const { traceId, spanId, traceparent } = beginTrace();
    const headers = { ...credentials(clients.first), traceparent };
    expect((await deployment().send({ headers })).status).toBe(200);
    const spans = await eventually(() => {
      const found = ours(traceId);
      expect([...found.keys()].sort()).toEqual(['decide', 'token request']);
      return found;
    });
    const [decision, request] = [spans.get('decide'), spans.get('token request')];
    expect(decision?.attributes).toMatchObject({ 'token_broker.way': way, 'token_broker.cache': 'miss' });
    expect(request?.parentSpanId).toBe(decision?.spanId);
    expect(traceparents()).toEqual([`00-${traceId}-${request?.spanId}-01`]);
    if (!envoyTraces) {
      expect(decision?.parentSpanId).toBe(spanId);
      return;
    }
    await eventually(() => {
      const envoys = receiver.spans().filter((span) => span.service === 'envoy' && span.traceId === traceId);
      expect([spanId, ...envoys.map((span) => span.spanId)]).toContain(decision?.parentSpanId);
      expect(envoys.some((span) => span.parentSpanId === spanId)).toBe(true);
    });
  });

  test('that is refused says why, and the audit log names the same trace', async () => {
    const { first } = deployment().identityProvider.clients;
    const secret = deployment().secrets.plant(`a wrong secret in ${title}`, 'planted-wrong-secret');
    const { traceId, traceparent } = beginTrace();
    const headers = { ...credentials({ ...first, secret }), traceparent, 'x-planted': 'planted-header' };
    expect((await deployment().send({ headers })).status).toBe(401);
    await eventually(() =>
      expect(ours(traceId).get('decide')?.attributes).toMatchObject({
        'token_broker.decision': 'deny',
        'token_broker.route': 'default',
        'token_broker.issuer': 'dex',
        'error.type': 'credentials_rejected',
        'http.response.status_code': '401',
      }),
    );
    const line = await eventually(() => {
      const found = auditLog(title)
        .split('\n')
        .find((each) => each.includes(traceId));
      expect(found).toBeDefined();
      return JSON.parse(found ?? '');
    });
    expect(line).toMatchObject({ way, decision: 'deny', code: 'credentials_rejected', clientId: first.id });
  });

  test('is counted in what is exported, as at /metrics', async () => {
    const refusal = { way, outcome: 'deny', code: 'credentials_rejected' };
    await eventually(() => {
      expect(metric('token_broker_decisions_total', title)).toMatchObject([
        { attributes: { way, outcome: 'allow', code: '' }, value: 1 },
        { attributes: refusal, value: 1 },
      ]);
      expect(metric('token_broker_decision_duration_seconds', title)).toMatchObject([
        { attributes: { way }, count: 2 },
      ]);
      expect(metric('ext_authz_check_requests_total', title)).toMatchObject([
        { attributes: { decision: 'allow_token', result: 'allowed' }, value: 1 },
        { attributes: { decision: 'deny_token_error', result: 'auth_denied' }, value: 1 },
      ]);
    });
    const shown = await readSamples(deployment().controlAdminUrl, '/metrics');
    expect(sumSamples(shown, 'token_broker_decisions_total', refusal)).toBe(1);
  });

  test('leaves no secret in what was exported or recorded', async () => {
    expect(receiver.spans().length).toBeGreaterThan(0);
    // Plants the tokens that were granted, too.
    expect(await deployment().findLeaks()).toEqual([]);
    const exported = { spans: receiver.text(), 'the audit log': auditLog(title) };
    expect(deployment().secrets.findIn(exported)).toEqual([]);
    expect(receiver.text()).not.toContain('planted-header');
    const text = envoyTraces ? '' : receiver.text();
    expect(text).not.toContain(deployment().identityProvider.clients.first.id);
  });
});

describe.each([
  ['the filter', 'token-broker'],
  ['ext_authz over gRPC', 'ext-authz-grpc'],
] as const)('a traced request through %s, where nothing is exported,', (_title, shipped) => {
  const deployment = useDeployment({ shipped });

  test("leads to a token request in the client's trace", async () => {
    const { clients, traceparents } = deployment().identityProvider;
    const { traceparent } = beginTrace();
    expect((await deployment().send({ headers: { ...credentials(clients.first), traceparent } })).status).toBe(200);
    expect(traceparents()).toEqual([traceparent]);
  });
});
