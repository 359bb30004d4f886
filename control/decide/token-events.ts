import type { BrokerError } from '../errors.ts';

/** What became of one look for a token. */
export type Lookup = 'hit' | 'refresh' | 'miss' | 'refused' | 'replace';

/** What happens behind the decisions, for metrics and logs. */
export interface TokenEvents {
  lookedUp(lookup: Lookup): void;
  /** A refresh behind a request ended; `error` when the held token stays. */
  refreshed(issuer: string, error: BrokerError | undefined): void;
}
