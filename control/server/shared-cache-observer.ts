import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../decide/ports.ts';
import type { Metrics } from './metrics/metrics.ts';

/** ms between two lines about entries that no key opens. */
const QUIET = 60_000;

/** Counts what happens between control and the shared cache, and logs when it is left alone and when it is back. */
export function createSharedCacheObserver(metrics: Metrics, logger: FastifyBaseLogger, clock: Clock) {
  let quietUntil = Number.NEGATIVE_INFINITY;
  const { operated, waited, found, bypassChanged } = metrics.sharedCache;
  return {
    operated,
    waited,
    found: (finding: string): void => {
      found(finding);
      if (finding !== 'unreadable' || clock.monotonic() < quietUntil) return;
      quietUntil = clock.monotonic() + QUIET;
      logger.warn('the shared cache holds what no key of cache.shared.keys opens; it counts as nothing');
    },
    bypassChanged: (cause: string | undefined): void => {
      bypassChanged(cause !== undefined);
      if (cause === undefined) logger.info('the shared cache is asked again');
      else logger.warn({ cause }, 'the shared cache failed; every replica obtains its own tokens until it is back');
    },
  };
}
