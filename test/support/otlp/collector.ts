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
import type { OtlpReceiver } from './receiver.ts';
import { decodeJsonLines } from './span.ts';

const BUILD = fileURLToPath(new URL('../../../tools/otel-collector/build.sh', import.meta.url));

/** Starts the official OpenTelemetry collector, building it first where that has not been done on this machine. */
export async function startCollector(): Promise<OtlpReceiver> {
  const { stdout } = await promisify(execFile)('sh', [BUILD]);
  const folder = mkdtempSync(join(tmpdir(), 'otel-collector-'));
  const [port = 0] = await findFreePorts(1);
  const [configuration, file] = [join(folder, 'collector.yaml'), join(folder, 'spans.json')];
  writeFileSync(configuration, stringify(configurationFor(port, file)));
  const collector = new RunningProcess({
    name: 'the OpenTelemetry collector',
    command: stdout.trim(),
    parameters: ['--config', configuration],
  });
  await collector.waitUntil(() => connects(port));
  const text = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    spans: () => decodeJsonLines(text()),
    text,
    finish: () => collector.stop(),
    stop: async () => {
      await collector.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configurationFor(port: number, path: string): object {
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { file: { path, flush_interval: '100ms' } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['file'] } },
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
