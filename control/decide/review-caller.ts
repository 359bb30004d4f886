import { BrokerError } from '../errors.ts';
import { CLOCK_GRAIN, refreshAge } from './freshness.ts';
import type { Refusal } from './obtain-token.ts';
import type { Clock, ReviewedUser, SingleFlight, Store } from './ports.ts';
import { REFUSAL_LIFETIME } from './refuse.ts';

/** ms between two attempts to review a token again that was found good. */
const RENEWAL_SPACING = 2000;
/** ms by which a cache may come too early, because its max-age is in whole seconds. */
const ROUNDING = 1000;

/** A token that a cluster has said to be good, by both clocks when it was asked. */
export interface HeldReview {
  readonly user: ReviewedUser;
  readonly askedAt: number;
  readonly askedAtMonotonic: number;
}

export interface ReviewDependencies {
  readonly reviews: Store<HeldReview>;
  /** Apart, so that no flood of bad tokens ever evicts what is known of a good one. */
  readonly refusals: Store<Refusal>;
  readonly flights: SingleFlight<HeldReview>;
  /** Apart too: a flood of unknown tokens does not keep known ones from being looked at again. */
  readonly renewals: SingleFlight<HeldReview>;
  readonly clock: Clock;
}

export interface ReviewQuestion {
  /** Says which token, which cluster and which audiences. */
  readonly key: string;
  /** ms */
  readonly maximumAge: number;
  /** Nobody waits for the answer: a cache refreshes what it still has. */
  readonly behind: boolean;
  readonly ask: () => Promise<ReviewedUser>;
}

export interface CurrentReview {
  readonly user: ReviewedUser;
  /** ms for which it may still be believed. */
  readonly lasts: number;
}

/**
 * Says whose a token is: from what was found lately, looking again behind the request when that is due, or by asking.
 *
 * @throws whatever `ask` throws
 */
export type ReviewCaller = (question: ReviewQuestion) => Promise<CurrentReview>;

export function createReviewCaller(dependencies: ReviewDependencies): ReviewCaller {
  const { reviews, refusals, flights, renewals, clock } = dependencies;
  const triedAt = new WeakMap<HeldReview, number>();

  async function askAnew({ key, maximumAge, ask }: ReviewQuestion): Promise<HeldReview> {
    const [askedAt, askedAtMonotonic] = [clock.now(), clock.monotonic()];
    try {
      const held = { user: await ask(), askedAt, askedAtMonotonic };
      await reviews.set(key, held, askedAt + maximumAge);
      return held;
    } catch (error) {
      if (error instanceof BrokerError && error.status < 500) {
        await reviews.delete(key);
        await remember(key, error);
      }
      throw error;
    }
  }

  async function remember(key: string, { code, issuer }: BrokerError): Promise<void> {
    const lifetime = REFUSAL_LIFETIME * 1000;
    const until = clock.now() + lifetime;
    await refusals.set(key, { code, issuer, until, untilMonotonic: clock.monotonic() + lifetime }, until);
  }

  async function first(question: ReviewQuestion): Promise<HeldReview> {
    const refusal = await refusals.get(question.key);
    if (refusal !== undefined && refusal.untilMonotonic > clock.monotonic()) throw new BrokerError(refusal.code);
    return flights.run(question.key, () => askAnew(question));
  }

  /** What is held stays good when the cluster cannot say anything. */
  async function again(question: ReviewQuestion, held: HeldReview): Promise<HeldReview> {
    const renewal = mayTry(held) ? renew(question, held) : renewals.find(question.key);
    if (!question.behind) return held;
    try {
      return (await renewal) ?? held;
    } catch (error) {
      if (error instanceof BrokerError && error.status >= 500) return held;
      throw error;
    }
  }

  function renew(question: ReviewQuestion, held: HeldReview): Promise<HeldReview> {
    triedAt.set(held, clock.monotonic());
    const renewal = renewals.run(question.key, () => askAnew(question));
    renewal.catch(() => {});
    return renewal;
  }

  function mayTry(held: HeldReview): boolean {
    const last = triedAt.get(held);
    return last === undefined || clock.monotonic() - last >= RENEWAL_SPACING;
  }

  function ageOf({ askedAt, askedAtMonotonic }: HeldReview): number {
    return Math.max(clock.now() - askedAt, clock.monotonic() - askedAtMonotonic);
  }

  return async (question) => {
    const { key, maximumAge, behind } = question;
    const held = await reviews.get(key);
    const age = held === undefined ? Number.POSITIVE_INFINITY : ageOf(held);
    const due = age >= refreshAge(maximumAge) - (behind ? ROUNDING : 0);
    const current =
      held === undefined || age >= maximumAge ? await first(question) : due ? await again(question, held) : held;
    return { user: current.user, lasts: maximumAge - ageOf(current) - CLOCK_GRAIN };
  };
}
