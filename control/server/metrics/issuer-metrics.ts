import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ErrorCode } from '../../errors.ts';

/** Seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Token requests under way, and those that wait for their turn, by issuer. */
export type Loads = () => ReadonlyMap<string, { readonly underWay: number; readonly waiting: number }>;

export function createIssuerMetrics(registry: Registry) {
  const registers = [registry];
  const requests = new Counter({
    name: 'token_broker_token_requests_total',
    help: 'Attempts to obtain a token, by issuer and outcome: token, or an error code.',
    labelNames: ['issuer', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'token_broker_token_request_duration_seconds',
    help: 'Time of attempts to obtain a token, waiting for a turn included.',
    labelNames: ['issuer'],
    buckets: BUCKETS,
    registers,
  });
  const refreshes = new Counter({
    name: 'token_broker_refreshes_total',
    help: 'Refreshes of tokens behind requests, by issuer and outcome: token, or an error code.',
    labelNames: ['issuer', 'outcome'],
    registers,
  });
  const breakers = new Gauge({
    name: 'token_broker_issuer_breaker_open',
    help: 'Whether an issuer is left alone because it failed: 1 open, 0.5 half-open, 0 closed.',
    labelNames: ['issuer', 'credentials'],
    registers,
  });
  return {
    /** @param duration ms */
    minted(issuer: string, outcome: 'token' | ErrorCode, duration: number): void {
      requests.inc({ issuer, outcome });
      durations.observe({ issuer }, duration / 1000);
    },
    refreshed(issuer: string, outcome: 'token' | ErrorCode): void {
      refreshes.inc({ issuer, outcome });
    },
    /** @param credentials whether the issuer has accepted them before */
    breakerChanged(issuer: string, credentials: 'known' | 'unknown', state: 'closed' | 'open' | 'half-open'): void {
      breakers.set({ issuer, credentials }, { closed: 0, 'half-open': 0.5, open: 1 }[state]);
    },
    watch(loads: Loads): void {
      watchLoads(registry, loads);
    },
  };
}

function watchLoads(registry: Registry, loads: Loads): void {
  new Gauge({
    name: 'token_broker_token_requests_in_flight',
    help: 'Token requests, by issuer and state: sent, or waiting for a turn within the budget.',
    labelNames: ['issuer', 'state'],
    registers: [registry],
    collect() {
      for (const [issuer, { underWay, waiting }] of loads()) {
        this.set({ issuer, state: 'sent' }, underWay);
        this.set({ issuer, state: 'waiting' }, waiting);
      }
    },
  });
}
