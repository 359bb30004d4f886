import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { TokenEvents } from '../decide/token-events.ts';
import type { ErrorCode } from '../errors.ts';
import type { Way } from './service.ts';

/** Seconds. A decision from the store takes microseconds, one from an issuer up to its timeout. */
const DECISION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const TOKEN_REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Sizes that are read when Prometheus asks. */
export interface Sizes {
  readonly tokens: () => number;
  readonly refusals: () => number;
  readonly evictions: () => number;
  readonly routes: () => number;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Control's metrics, in a registry of their own. Labels hold what the operator named, never what a client sent. */
export function createMetrics(version: string) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const decisions = new Counter({
    name: 'token_broker_decisions_total',
    help: 'Decisions, by way in, outcome and error code.',
    labelNames: ['way', 'outcome', 'code'],
    registers,
  });
  const decisionDuration = new Histogram({
    name: 'token_broker_decision_duration_seconds',
    help: 'Time from a request for a decision to the decision.',
    labelNames: ['way'],
    buckets: DECISION_BUCKETS,
    registers,
  });
  const inFlight = new Gauge({
    name: 'token_broker_decisions_in_flight',
    help: 'Decisions under way.',
    labelNames: ['way'],
    registers,
  });
  const tokenRequests = new Counter({
    name: 'token_broker_token_requests_total',
    help: 'Attempts to obtain a token, by issuer and outcome: token, or an error code.',
    labelNames: ['issuer', 'outcome'],
    registers,
  });
  const tokenRequestDuration = new Histogram({
    name: 'token_broker_token_request_duration_seconds',
    help: 'Time of attempts to obtain a token.',
    labelNames: ['issuer'],
    buckets: TOKEN_REQUEST_BUCKETS,
    registers,
  });
  const lookups = new Counter({
    name: 'token_broker_cache_lookups_total',
    help: 'Looks for a token: hit, refresh (hit, and due to be refreshed), miss, refused (a remembered refusal), replace.',
    labelNames: ['result'],
    registers,
  });
  const refreshes = new Counter({
    name: 'token_broker_refreshes_total',
    help: 'Refreshes of tokens behind requests, by issuer and outcome: token, or an error code.',
    labelNames: ['issuer', 'outcome'],
    registers,
  });
  new Gauge({
    name: 'token_broker_build_info',
    help: 'Always 1; the version is a label.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);

  return {
    registry,
    decisionBegan(way: Way): void {
      inFlight.inc({ way });
    },
    /** @param duration seconds */
    decisionEnded(way: Way, outcome: 'allow' | 'deny', code: ErrorCode | undefined, duration: number): void {
      inFlight.dec({ way });
      decisions.inc({ way, outcome, code: code ?? '' });
      decisionDuration.observe({ way }, duration);
    },
    /** @param duration ms */
    minted(issuer: string, outcome: 'token' | ErrorCode, duration: number): void {
      tokenRequests.inc({ issuer, outcome });
      tokenRequestDuration.observe({ issuer }, duration / 1000);
    },
    lookedUp(lookup: Parameters<TokenEvents['lookedUp']>[0]): void {
      lookups.inc({ result: lookup });
    },
    refreshed(issuer: string, outcome: 'token' | ErrorCode): void {
      refreshes.inc({ issuer, outcome });
    },
    watch(sizes: Sizes): void {
      watchSizes(registry, sizes);
    },
  };
}

function watchSizes(registry: Registry, sizes: Sizes): void {
  const gauge = (name: string, help: string, size: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
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
    registers: [registry],
    collect() {
      this.reset();
      this.inc(sizes.evictions());
    },
  });
}
