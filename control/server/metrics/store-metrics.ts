import { Counter, Gauge, type Registry } from 'prom-client';
import type { Lookup } from '../../decide/token-events.ts';

/** Sizes that are read when Prometheus asks. */
export interface Sizes {
  readonly tokens: () => number;
  readonly refusals: () => number;
  /** Since the start. */
  readonly evictions: () => number;
  readonly routes: () => number;
}

export function createStoreMetrics(registry: Registry) {
  const lookups = new Map<Lookup, number>();
  new Counter({
    name: 'token_broker_cache_lookups_total',
    help: 'Looks for a token: hit, refresh (a hit that is due to be refreshed), miss, refused (remembered), replace.',
    labelNames: ['result'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [result, count] of lookups) this.inc({ result }, count);
    },
  });
  return {
    lookedUp(result: Lookup): void {
      lookups.set(result, (lookups.get(result) ?? 0) + 1);
    },
    watch(sizes: Sizes): void {
      watchSizes(registry, sizes);
    },
  };
}

function watchSizes(registry: Registry, sizes: Sizes): void {
  const registers = [registry];
  const gauge = (name: string, help: string, size: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(size());
      },
    });
  gauge('token_broker_cache_entries', 'Tokens held.', sizes.tokens);
  gauge('token_broker_cache_refusals', "Issuers' refusals remembered.", sizes.refusals);
  gauge('token_broker_routes', 'Routes in the table.', sizes.routes);
  new Counter({
    name: 'token_broker_cache_evictions_total',
    help: 'Tokens forgotten before their time to make room.',
    registers,
    collect() {
      this.reset();
      this.inc(sizes.evictions());
    },
  });
}
