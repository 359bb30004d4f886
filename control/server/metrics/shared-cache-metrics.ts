import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createSharedCacheMetrics(registry: Registry) {
  const registers = [registry];
  const operations = new Counter({
    name: 'token_broker_shared_cache_operations_total',
    help: 'Operations on the shared cache, by kind and outcome: done, failed, timeout, or bypassed without asking.',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'token_broker_shared_cache_operation_duration_seconds',
    help: 'Time of operations on the shared cache that were tried.',
    labelNames: ['operation'],
    buckets: BUCKETS,
    registers,
  });
  const findings = new Counter({
    name: 'token_broker_shared_cache_findings_total',
    help: 'What was found in the shared cache: token, refusal, nothing, or unreadable (sealed by an unknown key).',
    labelNames: ['finding'],
    registers,
  });
  const waits = new Counter({
    name: 'token_broker_shared_cache_waits_total',
    help: 'Waits for another replica, by outcome: token, refusal, failure, turn, patience (given up), bypassed.',
    labelNames: ['outcome'],
    registers,
  });
  const waiting = new Histogram({
    name: 'token_broker_shared_cache_wait_duration_seconds',
    help: 'Time of waits for another replica.',
    buckets: BUCKETS,
    registers,
  });
  const bypassed = new Gauge({
    name: 'token_broker_shared_cache_bypassed',
    help: 'Whether the shared cache is left alone because it failed.',
    registers,
  });
  return {
    /** @param duration ms; undefined when it was not tried */
    operated(operation: string, outcome: string, duration: number | undefined): void {
      operations.inc({ operation, outcome });
      if (duration !== undefined) durations.observe({ operation }, duration / 1000);
    },
    found: (finding: string) => findings.inc({ finding }),
    /** @param duration ms */
    waited(outcome: string, duration: number): void {
      waits.inc({ outcome });
      waiting.observe(duration / 1000);
    },
    bypassChanged: (isBypassed: boolean) => bypassed.set(isBypassed ? 1 : 0),
  };
}
