import type { Route } from '../decide/route.ts';

export type Match = Route['match'];

/** What one entry claims, good or bad. */
export interface Claim {
  /** The source that it stands in; undefined: the operator's own configuration, whose claims nobody contests. */
  readonly source: string | undefined;
  /** The entry as problems name it. */
  readonly setting: string;
  readonly match: Match;
  /** Undefined where the entry is bad: then what it claims is closed. */
  readonly route: Route | undefined;
  /** It counts only where nobody else claims that host and path. */
  readonly yields?: boolean;
}
