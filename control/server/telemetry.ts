import type { FastifyBaseLogger } from 'fastify';
import type { TokenEvents } from '../decide/token-events.ts';
import type { Tracing } from '../decide/tracing.ts';
import { describeError } from './logger.ts';

/** Logs when spans or metrics can no longer be sent, and when they can again. */
export function createExportObserver(logger: FastifyBaseLogger, what: 'spans' | 'metrics') {
  return {
    failed: (error: Error) =>
      logger.warn({ cause: describeError(error, false) }, `${what} cannot be exported and are dropped`),
    recovered: () => logger.info(`${what} are exported again`),
  };
}

/** Logs when audit lines are lost, and how many there were. */
export function createAuditObserver(logger: FastifyBaseLogger) {
  return {
    failed: (error: Error) => logger.error({ cause: describeError(error, false) }, 'the audit log cannot be written'),
    recovered: (lost: number) => logger.error({ lost }, 'the audit log is written again, and has lost lines'),
  };
}

/** Has the span under way told of what happens behind the decision. */
export function traceTokenEvents(events: TokenEvents, tracing: Tracing): TokenEvents {
  return {
    ...events,
    lookedUp: (lookup) => {
      events.lookedUp(lookup);
      tracing.lookedUp(lookup);
    },
  };
}

type Fetched = { readonly kind: string; readonly error?: Error };

/** Has fetches of key sets told to whoever makes spans. */
export function traceTrust<
  Outcome extends Fetched,
  Observer extends { fetched(provider: string, outcome: Outcome, duration: number): void },
>(observer: Observer, tracing: Tracing): Observer {
  return {
    ...observer,
    fetched: (provider: string, outcome: Outcome, duration: number) => {
      observer.fetched(provider, outcome, duration);
      tracing.keySetFetched(provider, outcome.error, duration);
    },
  };
}
