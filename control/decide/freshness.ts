/** How long an answer may be given again, in whole seconds (RFC 9111 max-age; RFC 5861 for the others). */
export interface Freshness {
  readonly maxAge: number;
  /** Both windows begin when max-age ends, and overlap. */
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
}

/** The share of a token's usable lifetime after which it is refreshed behind the requests. */
const REFRESH_AT = 0.75;

/** A token of a very short life keeps this share of it as its margin. */
const SHORTEST_MARGIN_SHARE = 5;

/** ms by which the filter's coarse clock may be behind, so that a decision never outlives the caller's token. */
export const CLOCK_GRAIN = 250;

/**
 * How long a token may be given out, counted from the request for it.
 *
 * @param lifetime ms, as the issuer said
 * @param margin ms that the token must still be valid for when it is given out; a fifth of its lifetime where that is
 * shorter
 * @returns ms
 */
export function usableLifetime(lifetime: number, margin: number): number {
  return lifetime - Math.min(margin, lifetime / SHORTEST_MARGIN_SHARE);
}

/** @returns ms of age at which a token is due to be refreshed */
export function refreshAge(usable: number): number {
  return usable * REFRESH_AT;
}

/**
 * What a cache may do with a token of this age: `maxAge + max(staleWhileRevalidate, staleIfError)` never reaches past
 * the end of its usable lifetime.
 *
 * @param age ms
 * @param usable ms, from {@link usableLifetime}
 * @param limit ms from now for which the decision on its caller stands
 * @param dueAt ms of age at which another is asked for
 * @returns undefined when less than a second is left
 */
export function freshnessAt(
  age: number,
  usable: number,
  limit = Number.POSITIVE_INFINITY,
  dueAt = refreshAge(usable),
): Freshness | undefined {
  const left = Math.floor(Math.min(usable - age, limit) / 1000);
  if (left < 1) {
    return undefined;
  }
  const untilRefresh = Math.floor(Math.min(dueAt - age, refreshAge(limit)) / 1000);
  // At least a second, or every request would ask again while the refresh behind is under way.
  const maxAge = Math.min(left, Math.max(1, untilRefresh));
  return { maxAge, staleWhileRevalidate: left - maxAge, staleIfError: left - maxAge };
}
