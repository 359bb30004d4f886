import type { FastifyBaseLogger } from 'fastify';
import type { Deny } from '../decide/decision.ts';
import type { Clock } from '../decide/ports.ts';
import type { TokenEvents } from '../decide/token-events.ts';
import { describeError } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { DecisionObserver } from './service.ts';

/** Counts and logs every decision. */
export function createDecisionObserver(metrics: Metrics, logger: FastifyBaseLogger, clock: Clock): DecisionObserver {
  return {
    begin: (way) => {
      const start = clock.monotonic();
      metrics.decisionBegan(way);
      return (decision, { route, requestId }) => {
        const duration = clock.monotonic() - start;
        const code = decision.outcome === 'deny' ? decision.error.code : undefined;
        metrics.decisionEnded(way, decision.outcome, code, duration / 1000);
        const fields = { requestId, way, route, durationMs: Math.round(duration * 1000) / 1000 };
        if (decision.outcome === 'allow') {
          logger.debug(fields, 'allowed');
        } else {
          logDeny(logger, fields, decision);
        }
      };
    },
  };
}

function logDeny(logger: FastifyBaseLogger, fields: object, deny: Deny): void {
  const { error, status, clientId } = deny;
  const line = { ...fields, status, code: error.code, clientId, cause: error.cause && describeError(error.cause) };
  if (error.code === 'internal') {
    logger.error(line, 'refused');
  } else if (status >= 500 || error.code === 'credentials_rejected') {
    logger.warn(line, 'refused');
  } else {
    // What depends on the request alone is the client's business; a client could fill the log with it.
    logger.debug(line, 'refused');
  }
}

/** Counts and logs what happens behind the decisions. */
export function createTokenEvents(metrics: Metrics, logger: FastifyBaseLogger): TokenEvents {
  return {
    lookedUp: (lookup) => metrics.lookedUp(lookup),
    refreshed: (issuer, error) => {
      metrics.refreshed(issuer, error?.code ?? 'token');
      if (error !== undefined) {
        const cause = error.cause && describeError(error.cause);
        logger.warn({ issuer, code: error.code, cause }, 'a refresh failed; the token held is used until its limit');
      }
    },
  };
}
