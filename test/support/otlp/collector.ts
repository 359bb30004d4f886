import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { findFreePorts } from '../../../tools/launch/ports.ts';
import { RunningProcess } from '../../../tools/launch/running-process.ts';
import { decodeMetricLines } from './metric.ts';
import type { OtlpReceiver } from './receiver.ts';
import { decodeJsonLines } from './span.ts';

const BUILD = fileURLToPath(new URL('../../../tools/otel-collector/build.sh', import.meta.url));

/** Starts the official OpenTelemetry collector, building it first where that has not been done on this machine. */
export async function startCollector(): Promise<OtlpReceiver> {
  const { stdout } = await promisify(execFile)('sh', [BUILD]);
  const folder = mkdtempSync(join(tmpdir(), 'otel-collector-'));
  const [port = 0, grpcPort = 0] = await findFreePorts(2);
  const configuration = join(folder, 'collector.yaml');
  const files = { traces: join(folder, 'spans.json'), metrics: join(folder, 'metrics.json') };
  writeFileSync(configuration, stringify(configurationFor({ http: port, grpc: grpcPort }, files)));
  const collector = new RunningProcess({
    name: 'the OpenTelemetry collector',
    command: stdout.trim(),
    parameters: ['--config', configuration],
  });
  for (const each of [port, grpcPort]) await collector.waitUntil(() => connects(each));
  const text = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  return {
    url: `http://127.0.0.1:${port}`,
    grpcUrl: `http://127.0.0.1:${grpcPort}`,
    port,
    spans: () => decodeJsonLines(text(files.traces)),
    metrics: () => decodeMetricLines(text(files.metrics)),
    text: () => text(files.traces) + text(files.metrics),
    finish: () => collector.stop(),
    stop: async () => {
      await collector.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configurationFor(ports: Record<'http' | 'grpc', number>, files: Record<'traces' | 'metrics', string>): object {
  const file = (path: string) => ({ path, flush_interval: '100ms' });
  const endpoint = (port: number) => ({ endpoint: `127.0.0.1:${port}` });
  return {
    receivers: { otlp: { protocols: { http: endpoint(ports.http), grpc: endpoint(ports.grpc) } } },
    exporters: { 'file/traces': file(files.traces), 'file/metrics': file(files.metrics) },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['otlp'], exporters: ['file/traces'] },
        metrics: { receivers: ['otlp'], exporters: ['file/metrics'] },
      },
    },
  };
}

function connects(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
