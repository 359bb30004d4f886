import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ErrorCode } from '../../errors.ts';
import type { Way } from '../service.ts';

/** Seconds. A decision from the store takes microseconds, one from an issuer up to its timeout. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Refusal {
  readonly code: ErrorCode;
  /** HTTP status. */
  readonly status: number;
}

export function createDecisionMetrics(registry: Registry) {
  const registers = [registry];
  const decisions = new Counter({
    name: 'token_broker_decisions_total',
    help: 'Decisions, by way in, outcome and error code.',
    labelNames: ['way', 'outcome', 'code'],
    registers,
  });
  const durations = new Histogram({
    name: 'token_broker_decision_duration_seconds',
    help: 'Time from a request for a decision to the decision.',
    labelNames: ['way'],
    buckets: BUCKETS,
    registers,
  });
  const inFlight = new Gauge({
    name: 'token_broker_decisions_in_flight',
    help: 'Decisions under way.',
    labelNames: ['way'],
    registers,
  });
  const statuses = new Counter({
    name: 'token_broker_answers_total',
    help: 'Decisions, by way in and HTTP status: 200 when allowed, otherwise what the client gets.',
    labelNames: ['way', 'status'],
    registers,
  });
  const unauthenticated = new Counter({
    name: 'token_broker_unauthenticated_total',
    help: 'Requests that were let through though nobody was authenticated, by route and why.',
    labelNames: ['route', 'code'],
    registers,
  });
  return {
    began(way: Way): void {
      inFlight.inc({ way });
    },
    /** @param duration ms */
    ended(way: Way, outcome: 'allow' | 'deny', refusal: Refusal | undefined, duration: number): void {
      inFlight.dec({ way });
      decisions.inc({ way, outcome, code: refusal?.code ?? '' });
      statuses.inc({ way, status: refusal?.status ?? 200 });
      durations.observe({ way }, duration / 1000);
    },
    letThrough(route: string, code: ErrorCode): void {
      unauthenticated.inc({ route, code });
    },
  };
}
