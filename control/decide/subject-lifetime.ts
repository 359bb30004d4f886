import type { ErrorCode } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { CLOCK_GRAIN, refreshAge } from './freshness.ts';
import type { AnyTokenRequest, Token } from './ports.ts';
import { readUnverifiedClaims } from './revocation.ts';

/** How long a token may be given out, counted in ms from the request for it. */
export interface Life {
  readonly usable: number;
  /** See HeldToken.dueAt. */
  readonly dueAt: number;
  /** What is said when nothing is left of it. */
  readonly endedBy: ErrorCode;
}

/**
 * Reads `exp` (RFC 7519 section 4.1.4) of a token that looks like a JWT. Nothing is verified, so it may only ever shorten
 * what would hold without it.
 *
 * @returns wall clock, ms; undefined for an opaque token, one without `exp`, or one that cannot be read
 */
export function readExpiry(token: Secret): number | undefined {
  const exp = readUnverifiedClaims(token)?.exp;
  return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined;
}

/**
 * An exchanged token lives no longer than what it was exchanged for.
 *
 * @param usable ms that the token could be given out for its own sake
 */
export function clampToSubject(request: AnyTokenRequest, token: Token, usable: number): Life {
  // A service account's token is given out for as long as its caller is who it was, which each decision looks at.
  if (request.grant === 'client_credentials' || request.grant === 'kubernetes') return lasting(usable);
  const { expiresAt = Number.POSITIVE_INFINITY, maximumAge } = request;
  const left = expiresAt - CLOCK_GRAIN - token.obtainedAt;
  const otherwise = Math.min(usable, maximumAge);
  // Another token for the same subject would end at the same moment, so none is asked for.
  return left <= otherwise
    ? { usable: left, dueAt: Number.POSITIVE_INFINITY, endedBy: 'subject_token_expired' }
    : lasting(otherwise);
}

function lasting(usable: number): Life {
  return { usable, dueAt: refreshAge(usable), endedBy: 'invalid_token_response' };
}
