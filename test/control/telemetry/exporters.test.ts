import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PROTOCOLS } from '../../../control/config/otlp-variables.ts';
import { exportMetrics } from '../../../control/telemetry/metric-export.ts';
import { eventually } from '../../../tools/launch/eventually.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { startEmbedded } from '../../support/otlp/embedded.ts';
import { CALLER, tracingTo } from './tracing.ts';

describe.each(PROTOCOLS)('by %s', (protocol) => {
  test('a span arrives as it was made', async () => {
    const receiver = await startEmbedded();
    const { tracing } = await tracingTo(protocol === 'grpc' ? receiver.grpcUrl : receiver.url, { protocol });
    await tracing.decision('check', CALLER, async () => tracing.lookedUp('hit'));
    await tracing.close();
    expect(receiver.spans()).toMatchObject([
      {
        service: 'envoy-token-broker',
        name: 'decide',
        traceId: CALLER.traceId,
        parentSpanId: CALLER.spanId,
        attributes: { 'token_broker.way': 'check', 'token_broker.cache': 'hit' },
      },
    ]);
    await receiver.stop();
  });
});

describe('a collector behind TLS that wants a certificate', () => {
  const authority = createCertificateAuthority();
  const [own, client] = [authority.issue('127.0.0.1'), authority.issue('control')];
  const requests: { url: string | undefined; headers: IncomingHttpHeaders; authorized: boolean }[] = [];
  const server = createServer(
    { cert: own.certificate, key: own.key, ca: authority.certificate, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const { authorized } = request.socket as TLSSocket;
      requests.push({ url: request.url, headers: request.headers, authorized });
      request.resume().on('end', () => response.end());
    },
  );
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exporters-'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const file = (name: string, content: string) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', file('ca.pem', authority.certificate));
    vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', file('client.pem', client.certificate));
    vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_KEY', file('client.key', client.key));
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer%20one');
    vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_HEADERS', 'x-tenant=a');
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip');
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('is given it, and the headers of each signal', async () => {
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `https://127.0.0.1:${port}/base`);
    const stop = await exportMetrics(
      new Registry(),
      { protocol: 'http/protobuf', service: { name: 'a', usual: 'b' }, interval: 60_000, timeout: 10_000 },
      { version: '0', observer: { failed: () => {}, recovered: () => {} }, lastExport: 10_000 },
    );
    await stop();
    const { tracing } = await tracingTo(`https://127.0.0.1:${port}/base`);
    await tracing.decision('check', CALLER, async () => {});
    await tracing.close();
    await eventually(() =>
      expect(requests.map(({ url }) => url).sort()).toEqual(['/base/v1/metrics', '/base/v1/traces']),
    );
    for (const { url, headers, authorized } of requests) {
      expect(authorized).toBe(true);
      expect(headers).toMatchObject({ authorization: 'Bearer one', 'content-encoding': 'gzip' });
      expect(headers['x-tenant']).toBe(url === '/base/v1/metrics' ? 'a' : undefined);
    }
  });
});
