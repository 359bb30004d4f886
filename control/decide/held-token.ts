import type { Clock, Token } from './ports.ts';

/** A token in the store, with what decides how long it is good for. */
export interface HeldToken {
  readonly token: Token;
  /** ms from the request for it in which it may be given out. */
  readonly usable: number;
  /** ms from the request for it after which another is asked for; infinite where another would last no longer. */
  readonly dueAt: number;
  /** Monotonic clock, ms: when the request for it was sent. */
  readonly obtainedAtMonotonic: number;
  /** Monotonic clock, ms: when control last tried to have another token in its place. */
  readonly renewalTriedAt: number | undefined;
}

/**
 * The age of a token in ms, by whichever clock says more: the wall clock may step back, and the monotonic one stands
 * still while the machine sleeps.
 */
export function ageOf(held: HeldToken, clock: Clock): number {
  return Math.max(clock.now() - held.token.obtainedAt, clock.monotonic() - held.obtainedAtMonotonic);
}

/** Wall clock, ms: when the store may forget the token. */
export function deadlineOf(held: HeldToken): number {
  return held.token.obtainedAt + held.usable;
}
