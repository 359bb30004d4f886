import type { CacheConfiguration, IssuerBudget } from './configuration.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import type { Files } from './read-files.ts';

/** The variables `CACHE_*` and EXPIRY_SAFETY_MARGIN. */
export function readCache(reader: EnvironmentReader, files: Files): CacheConfiguration {
  const keyFile = reader.optional('CACHE_KEY_FILE');
  return {
    maximumEntries: reader.integer('CACHE_MAX_ENTRIES'),
    cleanupInterval: reader.duration('CACHE_CLEANUP_INTERVAL'),
    safetyMargin: reader.duration('EXPIRY_SAFETY_MARGIN'),
    key: keyFile === undefined ? undefined : files.key('CACHE_KEY_FILE', keyFile),
  };
}

/** The variables `ISSUER_*` that bound what an issuer is asked for. */
export function readBudget(reader: EnvironmentReader): IssuerBudget {
  return {
    concurrency: reader.integer('ISSUER_CONCURRENCY'),
    rate: reader.number('ISSUER_RATE'),
    burst: reader.integer('ISSUER_BURST'),
    breakerFailures: reader.integer('ISSUER_BREAKER_FAILURES'),
    breakerOpen: reader.duration('ISSUER_BREAKER_OPEN'),
  };
}
