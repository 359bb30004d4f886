import type { FastifyBaseLogger } from 'fastify';
import { describeError } from './logger.ts';
import type { Metrics } from './metrics/metrics.ts';

type KeySetFetch =
  | { readonly kind: 'fetched'; readonly keys: number; readonly skipped: readonly string[] }
  | { readonly kind: 'failed'; readonly error: Error };

/** Skipped keys of one set that the log names. */
const MAXIMUM_SKIPPED = 10;

/** Counts what becomes of callers' tokens, and counts and logs fetches of key sets. */
export function createTrustObserver(metrics: Metrics, logger: FastifyBaseLogger) {
  const { judged, lookedUp } = metrics.trust;
  return {
    skipped: (provider: string, keys: readonly string[]) =>
      logger.warn({ provider, skipped: keys.slice(0, MAXIMUM_SKIPPED) }, 'keys of a configured key set are not used'),
    judged: (provider: string, outcome: string) => judged(provider, outcome),
    lookedUp: (provider: string, result: string) => lookedUp(provider, result),
    /** @param duration ms */
    fetched(provider: string, outcome: KeySetFetch, duration: number): void {
      metrics.trust.fetched(provider, outcome.kind === 'fetched' ? outcome.keys : undefined, duration);
      if (outcome.kind === 'failed') {
        logger.warn({ provider, cause: describeError(outcome.error, false) }, 'a key set could not be fetched');
        return;
      }
      const { keys, skipped } = outcome;
      const fields = { provider, keys, skipped: skipped.slice(0, MAXIMUM_SKIPPED) };
      logger.info(fields, 'a key set was fetched');
    },
  };
}
