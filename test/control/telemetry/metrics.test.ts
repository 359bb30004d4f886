import { Gauge, Histogram, Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PROTOCOLS } from '../../../control/config/otlp-variables.ts';
import { exportMetrics } from '../../../control/telemetry/metric-export.ts';
import { eventually } from '../../../tools/launch/eventually.ts';
import type { ExportedMetric } from '../../support/otlp/metric.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../../support/otlp/receiver.ts';
import { boot, CREDENTIALS } from '../boot.ts';

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await receiver.stop();
});

async function exporting(registry: Registry, protocol: (typeof PROTOCOLS)[number] = 'http/protobuf') {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', protocol === 'grpc' ? receiver.grpcUrl : receiver.url);
  const told: string[] = [];
  const stop = await exportMetrics(
    registry,
    { protocol, service: { name: undefined, usual: 'the broker' }, interval: 60_000, timeout: 60_000 },
    {
      version: '1.2.3',
      observer: { failed: () => told.push('failed'), recovered: () => told.push('recovered') },
      lastExport: 15_000,
    },
  );
  return { stop, told };
}

/** The metrics of the last export, which is the one at the end, by name. */
async function exported(registry: Registry, protocol?: (typeof PROTOCOLS)[number]) {
  const { stop } = await exporting(registry, protocol);
  await stop();
  await receiver.finish();
  return new Map(receiver.metrics().map((metric) => [metric.name, metric]));
}

describe.each(PROTOCOLS)('by %s', (protocol) => {
  test('a registry arrives as it is', async () => {
    const registry = new Registry();
    const gauge = new Gauge({ name: 'gauge', help: 'One.', labelNames: ['label', 'status'], registers: [registry] });
    gauge.set({ label: 'a', status: 200 }, 0.5);
    gauge.set({ label: 'b', status: 503 }, -2);
    const histogram = new Histogram({
      name: 'seconds',
      help: 'Time.',
      labelNames: ['way'],
      buckets: [0.1, 1],
      registers: [registry],
    });
    for (const seconds of [0.05, 0.5, 0.75, 3]) histogram.observe({ way: 'check' }, seconds);
    histogram.observe({ way: 'grpc' }, 0.5);
    const metrics = await exported(registry, protocol);
    expect(metrics.get('gauge')).toMatchObject({
      kind: 'gauge',
      resource: { 'service.name': 'the broker', 'service.version': '1.2.3' },
      points: [
        { attributes: { label: 'a', status: '200' }, value: 0.5 },
        { attributes: { label: 'b', status: '503' }, value: -2 },
      ],
    });
    expect(metrics.get('gauge')?.resource['service.instance.id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(metrics.get('seconds')).toMatchObject({
      kind: 'histogram',
      points: [
        { attributes: { way: 'check' }, value: 4.3, count: 4, buckets: [1, 2, 1] },
        { attributes: { way: 'grpc' }, value: 0.5, count: 1, buckets: [0, 1, 0] },
      ],
    });
  });
});

/** A registry's numbers as Prometheus reads them: a line each, without buckets. */
function lines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => /^(?:token_broker|ext_authz)_/.test(line) && !/^[a-z_]+_bucket\{/.test(line));
}

/** What was exported, written the same way. */
function asLines({ kind, name, points }: ExportedMetric): string[] {
  return points.flatMap(({ attributes, value, count }) => {
    const labels = Object.entries(attributes).map(([label, text]) => `${label}="${text}"`);
    const all = labels.length === 0 ? '' : `{${labels.join(',')}}`;
    return kind === 'histogram'
      ? [`${name}_sum${all} ${value}`, `${name}_count${all} ${count}`]
      : [`${name}${all} ${value}`];
  });
}

test('control exports what /metrics shows', async () => {
  const app = boot();
  await app.check?.inject({ url: '/check', headers: CREDENTIALS });
  await app.check?.inject({ url: '/check' });
  const shown = (await app.admin?.inject('/metrics'))?.body ?? '';
  const metrics = await exported(app.registry);
  const ours = [...metrics.values()].filter(({ name }) => /^(?:token_broker|ext_authz)_/.test(name));
  expect(ours.flatMap(asLines).sort()).toEqual(lines(shown).sort());
  expect(lines(shown).length).toBeGreaterThan(15);
  // Node's own, too.
  expect(metrics.get('nodejs_eventloop_lag_seconds')?.kind).toBe('gauge');
  expect(metrics.get('process_cpu_seconds_total')?.kind).toBe('sum');
});

test('counters are counted since the process began', async () => {
  const before = BigInt(Math.floor(performance.timeOrigin)) * 1_000_000n;
  const app = boot();
  await app.check?.inject({ url: '/check' });
  const decisions = (await exported(app.registry)).get('token_broker_decisions_total');
  expect(decisions?.kind).toBe('sum');
  expect(decisions?.points[0]?.start).toBeGreaterThanOrEqual(before);
  expect(decisions?.points[0]?.start).toBeLessThan(before + 2_000_000n);
});

test('a collector that is not there is told of once, and holds up nobody', async () => {
  const registry = boot().registry;
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '300');
  await receiver.stop();
  const { stop, told } = await exporting(registry);
  await stop();
  await eventually(() => expect(told).toEqual(['failed']));
});

test('a registry that cannot be read exports nothing, and breaks nothing', async () => {
  const registry = new Registry();
  new Gauge({
    name: 'broken',
    help: 'One.',
    registers: [registry],
    collect: () => {
      throw new Error('planted');
    },
  });
  expect((await exported(registry)).size).toBe(0);
});
