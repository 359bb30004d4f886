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

/** Decisions that are alike in all that is counted of them. */
interface Alike {
  readonly way: Way;
  readonly outcome: 'allow' | 'deny';
  readonly code: ErrorCode | '';
  readonly status: number;
  count: number;
}

/** Every decision is told of: only what they are alike in is kept, and the rest is read off when somebody looks. */
export function createDecisionMetrics(registry: Registry) {
  const registers = [registry];
  const underWay = new Map<Way, number>();
  const ended = new Map<string, Alike>();
  const durations = new Histogram({
    name: 'token_broker_decision_duration_seconds',
    help: 'Time from a request for a decision to the decision.',
    labelNames: ['way'],
    buckets: BUCKETS,
    registers,
  });
  new Counter({
    name: 'token_broker_decisions_total',
    help: 'Decisions, by way in, outcome and error code.',
    labelNames: ['way', 'outcome', 'code'],
    registers,
    collect() {
      this.reset();
      for (const { way, outcome, code, count } of ended.values()) this.inc({ way, outcome, code }, count);
    },
  });
  new Gauge({
    name: 'token_broker_decisions_in_flight',
    help: 'Decisions under way.',
    labelNames: ['way'],
    registers,
    collect() {
      for (const [way, count] of underWay) this.set({ way }, count);
    },
  });
  new Counter({
    name: 'token_broker_answers_total',
    help: 'Decisions, by way in and HTTP status: 200 when allowed, otherwise what the client gets.',
    labelNames: ['way', 'status'],
    registers,
    collect() {
      this.reset();
      for (const { way, status, count } of ended.values()) this.inc({ way, status }, count);
    },
  });
  const unauthenticated = new Counter({
    name: 'token_broker_unauthenticated_total',
    help: 'Requests that were let through though nobody was authenticated, by route and why.',
    labelNames: ['route', 'code'],
    registers,
  });
  return {
    began(way: Way): void {
      underWay.set(way, (underWay.get(way) ?? 0) + 1);
    },
    /** @param duration ms */
    ended(way: Way, outcome: 'allow' | 'deny', refusal: Refusal | undefined, duration: number): void {
      underWay.set(way, (underWay.get(way) ?? 0) - 1);
      const { code = '', status = 200 } = refusal ?? {};
      const key = `${way} ${outcome} ${code} ${status}`;
      const alike = ended.get(key);
      if (alike === undefined) ended.set(key, { way, outcome, code, status, count: 1 });
      else alike.count += 1;
      durations.observe({ way }, duration / 1000);
    },
    letThrough(route: string, code: ErrorCode): void {
      unauthenticated.inc({ route, code });
    },
  };
}
