import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CheckLabels, ExchangeLabels } from './ext-authz-labels.ts';

/** Seconds. These and the names are ext-authz-token-exchange's, whose dashboards and alerts go on working. */
const CHECK_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5];
const EXCHANGE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5];

export function createExtAuthzMetrics(registry: Registry) {
  return { checks: createCheckMetrics([registry]), exchanges: createExchangeMetrics([registry]) };
}

/** Every decision is told of: only the histogram is kept, and the rest is read off when somebody looks. */
function createCheckMetrics(registers: Registry[]) {
  const labelNames = ['decision', 'result'];
  let underWay = 0;
  const durations = new Histogram({
    name: 'ext_authz_check_duration_seconds',
    help: 'Time of decisions, by decision and result, as ext-authz-token-exchange counts them.',
    labelNames,
    buckets: CHECK_BUCKETS,
    registers,
  });
  new Counter({
    name: 'ext_authz_check_requests_total',
    help: 'Decisions, by decision and result, as ext-authz-token-exchange counts them.',
    labelNames,
    registers,
    async collect() {
      this.reset();
      for (const { labels, metricName, value } of (await durations.get()).values) {
        if (metricName === 'ext_authz_check_duration_seconds_count') this.inc(labels, value);
      }
    },
  });
  new Gauge({
    name: 'ext_authz_check_in_flight',
    help: 'Decisions under way, as ext-authz-token-exchange counts them.',
    registers,
    collect() {
      this.set(underWay);
    },
  });
  return {
    began(): void {
      underWay += 1;
    },
    /** @param duration ms */
    ended(labels: CheckLabels, duration: number): void {
      underWay -= 1;
      durations.observe(labels, duration / 1000);
    },
  };
}

function createExchangeMetrics(registers: Registry[]) {
  const labelNames = ['endpoint_host', 'result', 'error_kind', 'http_status_class'];
  const requests = new Counter({
    name: 'ext_authz_token_exchange_requests_total',
    help: 'Token exchanges sent to issuers, as ext-authz-token-exchange counts them.',
    labelNames,
    registers,
  });
  const latencies = new Histogram({
    name: 'ext_authz_token_exchange_latency_seconds',
    help: 'Time of token exchanges, from sending to the whole answer.',
    labelNames,
    buckets: EXCHANGE_BUCKETS,
    registers,
  });
  const timeouts = new Counter({
    name: 'ext_authz_token_exchange_timeouts_total',
    help: 'Token exchanges whose answer did not come in time.',
    labelNames: ['endpoint_host'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'ext_authz_token_exchange_in_flight',
    help: 'Token exchanges that wait for their answer.',
    labelNames: ['endpoint_host'],
    registers,
  });
  return {
    began(host: string): void {
      inFlight.inc({ endpoint_host: host });
    },
    /** @param duration ms */
    ended(host: string, labels: ExchangeLabels, duration: number): void {
      const ofHost = { endpoint_host: host };
      inFlight.dec(ofHost);
      requests.inc({ ...ofHost, ...labels });
      latencies.observe({ ...ofHost, ...labels }, duration / 1000);
      if (labels.error_kind === 'timeout') timeouts.inc(ofHost);
    },
  };
}
