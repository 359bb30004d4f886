import type { FastifyBaseLogger } from 'fastify';
import type { Deny } from '../decide/decision.ts';
import type { Clock } from '../decide/ports.ts';
import { isIssuersRefusal } from '../decide/refuse.ts';
import type { TokenEvents } from '../decide/token-events.ts';
import type { BrokerError, ErrorCode } from '../errors.ts';
import { LineBudget } from './line-budget.ts';
import { describeError } from './logger.ts';
import { isExchange, labelsOfDecision, labelsOfExchange } from './metrics/ext-authz-labels.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { DecisionObserver } from './service.ts';

/** A token request that is sent, and what tells of its end. */
type Sent = (request: {
  readonly grant: string;
  readonly endpoint: URL;
}) => (error: BrokerError | undefined, duration: number) => void;

type IssuerObserver = Pick<Metrics['issuers'], 'minted' | 'breakerChanged'> & { readonly sent: Sent };

/** Counts and logs every decision. */
export function createDecisionObserver(metrics: Metrics, logger: FastifyBaseLogger, clock: Clock): DecisionObserver {
  const budgets = { error: new LineBudget(clock), warn: new LineBudget(clock), info: new LineBudget(clock) };
  return {
    begin: (way) => {
      const start = clock.monotonic();
      metrics.decisions.began(way);
      metrics.extAuthz.checks.began();
      return (decision, { route, requestId }) => {
        const duration = clock.monotonic() - start;
        const refusal =
          decision.outcome === 'deny' ? { code: decision.error.code, status: decision.status } : undefined;
        metrics.decisions.ended(way, decision.outcome, refusal, duration);
        metrics.extAuthz.checks.ended(labelsOfDecision(decision, route), duration);
        const fields = { requestId, way, route, durationMs: Math.round(duration * 1000) / 1000 };
        if (decision.outcome === 'allow') {
          if (decision.unauthenticated !== undefined) metrics.decisions.letThrough(route, decision.unauthenticated);
          logger.debug({ ...fields, unauthenticated: decision.unauthenticated }, 'allowed');
        } else {
          logDeny(logger, fields, decision, budgets);
        }
      };
    },
  };
}

type Told = 'error' | 'warn' | 'info';

function logDeny(
  logger: FastifyBaseLogger,
  fields: object,
  deny: Deny,
  budgets: Readonly<Record<Told, LineBudget>>,
): void {
  const { error, status, clientId } = deny;
  const line = { ...fields, status, code: error.code, clientId, cause: causeOf(error) };
  const level = levelOf(deny);
  const budget = level && budgets[level];
  // Whatever is refused, a client can have it refused as often as it likes.
  if (level === undefined || budget?.take() !== true) logger.debug(line, 'refused');
  else logger[level]({ ...line, leftOut: budget.takeLeftOut() }, 'refused');
}

/** @returns undefined for what depends on the request alone: it is the client's business */
function levelOf({ error: { code }, status }: Deny): Told | undefined {
  if (code === 'internal') return 'error';
  if (status >= 500 || (isIssuersRefusal(code) && !isAboutToken(code))) return 'warn';
  // Operators are asked why a token is refused, and the caller is not told.
  return isAboutToken(code) ? 'info' : undefined;
}

/** Whether a token came, and was refused for what it is. */
function isAboutToken(code: ErrorCode): boolean {
  return (
    /^(?:jwt|subject_token|actor_token|service_account)_/.test(code) &&
    code !== 'jwt_missing' &&
    code !== 'actor_token_required'
  );
}

/** Counts and logs what happens behind the decisions. */
export function createTokenEvents(metrics: Metrics, logger: FastifyBaseLogger, clock: Clock): TokenEvents {
  // During an outage each token that is held fails to be refreshed every other second.
  const budget = new LineBudget(clock);
  return {
    lookedUp: (lookup) => metrics.store.lookedUp(lookup),
    refreshed: (issuer, error) => {
      metrics.issuers.refreshed(issuer, error?.code ?? 'token');
      if (error !== undefined && budget.take()) {
        logger.warn(
          { issuer, code: error.code, cause: causeOf(error), leftOut: budget.takeLeftOut() },
          'a refresh failed; the token held is used until its limit',
        );
      }
    },
  };
}

/** Counts token requests, and logs when an issuer is left alone and when it is asked again. */
export function createIssuerObserver(metrics: Metrics, logger: FastifyBaseLogger): IssuerObserver {
  return {
    minted: (issuer, outcome, duration) => metrics.issuers.minted(issuer, outcome, duration),
    sent: ({ grant, endpoint: { hostname } }) => {
      if (!isExchange(grant)) return () => {};
      metrics.extAuthz.exchanges.began(hostname);
      return (error, duration) => metrics.extAuthz.exchanges.ended(hostname, labelsOfExchange(error), duration);
    },
    breakerChanged: (issuer, credentials, state) => {
      metrics.issuers.breakerChanged(issuer, credentials, state);
      const log = state === 'open' ? logger.warn : logger.info;
      log.call(logger, { issuer, credentials, breaker: state }, 'the breaker of an issuer has changed');
    },
  };
}

/** Counts what clusters say of tokens, as providers are counted, and the tokens that they give, as issuers are. */
export function createClusterTokenObserver(metrics: Metrics) {
  return {
    judged: (cluster: string, outcome: string) => metrics.trust.judged(cluster, outcome),
    minted: (cluster: string, outcome: 'token' | ErrorCode, duration: number) =>
      metrics.issuers.minted(cluster, outcome, duration),
  };
}

function causeOf(error: BrokerError): unknown {
  return error.cause === undefined ? undefined : describeError(error.cause, error.code === 'internal');
}
