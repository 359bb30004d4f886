import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** ms since each key set in use was fetched, by provider. */
export type Ages = () => ReadonlyMap<string, number>;

export function createTrustMetrics(registry: Registry) {
  const registers = [registry];
  const tokens = new Counter({
    name: 'token_broker_jwt_verdicts_total',
    help: "Callers' JWTs judged, by provider and outcome: accepted, or an error code.",
    labelNames: ['provider', 'outcome'],
    registers,
  });
  const lookups = new Counter({
    name: 'token_broker_jwks_lookups_total',
    help: 'Looks for a key: hit, fetch, stale, fallback, or unknown within the cooldown (cooldown, remembered).',
    labelNames: ['provider', 'result'],
    registers,
  });
  const fetches = new Counter({
    name: 'token_broker_jwks_fetches_total',
    help: 'Fetches of key sets, by provider and outcome: fetched, failed.',
    labelNames: ['provider', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'token_broker_jwks_fetch_duration_seconds',
    help: 'Time of fetches of key sets.',
    labelNames: ['provider'],
    buckets: BUCKETS,
    registers,
  });
  const keys = new Gauge({
    name: 'token_broker_jwks_keys',
    help: 'Usable keys in the key set that was fetched last.',
    labelNames: ['provider'],
    registers,
  });
  return {
    judged: (provider: string, outcome: string) => tokens.inc({ provider, outcome }),
    lookedUp: (provider: string, result: string) => lookups.inc({ provider, result }),
    /** @param count usable keys; undefined: the fetch failed @param duration ms */
    fetched(provider: string, count: number | undefined, duration: number): void {
      fetches.inc({ provider, outcome: count === undefined ? 'failed' : 'fetched' });
      durations.observe({ provider }, duration / 1000);
      if (count !== undefined) keys.set({ provider }, count);
    },
    watch: (ages: Ages) => watchAges(registry, ages),
  };
}

function watchAges(registry: Registry, ages: Ages): void {
  new Gauge({
    name: 'token_broker_jwks_age_seconds',
    help: 'Time since the key set in use was fetched; absent before the first fetch.',
    labelNames: ['provider'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [provider, age] of ages()) this.set({ provider }, age / 1000);
    },
  });
}
