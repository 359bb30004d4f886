import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { MemorySingleFlight } from '../../../control/cache/memory-single-flight.ts';
import { MemoryStore } from '../../../control/cache/memory-store.ts';
import type { Refusal } from '../../../control/decide/obtain-token.ts';
import type { ReviewedUser } from '../../../control/decide/ports.ts';
import { createReviewCaller, type HeldReview } from '../../../control/decide/review-caller.ts';
import { BrokerError } from '../../../control/errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const USER: ReviewedUser = { account: { namespace: 'shop', name: 'cart' }, uid: 'uid-1' };
const REJECTED = new BrokerError('subject_token_rejected');
const DOWN = new BrokerError('cluster_unavailable');

type Outcome = ReviewedUser | BrokerError;

/** @param outcomes in turn, and the last of them again and again */
function start(...outcomes: [Outcome, ...Outcome[]]) {
  const clock = new ManualClock();
  const store = { maximumEntries: 10, cleanupInterval: 0, clock };
  const reviewCaller = createReviewCaller({
    reviews: new MemoryStore<HeldReview>(store),
    refusals: new MemoryStore<Refusal>(store),
    flights: new MemorySingleFlight(),
    renewals: new MemorySingleFlight(),
    clock,
  });
  let asked = 0;
  const ask = async () => {
    const outcome = outcomes[Math.min(asked++, outcomes.length - 1)] as Outcome;
    if (outcome instanceof BrokerError) throw outcome;
    return outcome;
  };
  const review = (options: { key?: string; behind?: boolean; maximumAge?: number } = {}) =>
    reviewCaller({ key: 'k', behind: false, maximumAge: 60_000, ask, ...options });
  return { clock, review, asked: () => asked };
}

describe('what a cluster has said', () => {
  test('is believed for a time, and looked at again behind a request when most of it is over', async () => {
    const { clock, review, asked } = start(USER);
    expect(await review()).toEqual({ user: USER, lasts: 60_000 - 250 });
    clock.advance(44_000);
    expect(await review()).toEqual({ user: USER, lasts: 16_000 - 250 });
    expect(asked()).toBe(1);
    clock.advance(2000);
    expect((await review()).lasts).toBe(14_000 - 250);
    await setImmediate();
    expect(asked()).toBe(2);
    expect((await review()).lasts).toBe(60_000 - 250);
  });

  test('is waited for by a cache that refreshes, which comes a little early', async () => {
    const { clock, review, asked } = start(USER);
    await review();
    clock.advance(44_500);
    expect((await review({ behind: true })).lasts).toBe(60_000 - 250);
    expect(asked()).toBe(2);
  });

  test('is asked for once, however many want to know', async () => {
    const { review, asked } = start(USER);
    await Promise.all(Array.from({ length: 20 }, () => review()));
    expect(asked()).toBe(1);
    await review({ key: 'another' });
    expect(asked()).toBe(2);
  });

  test('is judged by the age that each route allows', async () => {
    const { clock, review, asked } = start(USER);
    await review();
    clock.advance(5000);
    await review({ maximumAge: 5000 });
    expect(asked()).toBe(2);
  });

  test('is not believed for longer because a wall clock stepped back', async () => {
    const { clock, review, asked } = start(USER);
    await review();
    clock.stepWall(-3_600_000);
    clock.advance(61_000);
    await review();
    expect(asked()).toBe(2);
  });
});

describe('a cluster that does not answer', () => {
  test('leaves what is held good until its end, and is tried every two seconds', async () => {
    const { clock, review, asked } = start(USER, DOWN);
    await review();
    clock.advance(50_000);
    expect((await review({ behind: true })).user).toBe(USER);
    expect((await review({ behind: true })).user).toBe(USER);
    expect(asked()).toBe(2);
    clock.advance(2000);
    await review({ behind: true });
    expect(asked()).toBe(3);
    clock.advance(8000);
    await expect(review()).rejects.toBe(DOWN);
  });

  test('is asked again at once, because a failure is not remembered', async () => {
    const { review, asked } = start(DOWN, USER);
    await expect(review()).rejects.toBe(DOWN);
    expect((await review()).user).toBe(USER);
    expect(asked()).toBe(2);
  });
});

describe('a refusal', () => {
  test('is remembered for ten seconds', async () => {
    const { clock, review, asked } = start(REJECTED, USER);
    await expect(review()).rejects.toBe(REJECTED);
    await expect(review()).rejects.toMatchObject({ code: 'subject_token_rejected' });
    expect(asked()).toBe(1);
    clock.advance(10_000);
    expect((await review()).user).toBe(USER);
  });

  test('ends what was held, whoever hears it first', async () => {
    const { clock, review } = start(USER, REJECTED);
    await review();
    clock.advance(50_000);
    await review();
    await setImmediate();
    await expect(review()).rejects.toMatchObject({ code: 'subject_token_rejected' });
  });

  test('reaches a cache that refreshes at once', async () => {
    const { clock, review } = start(USER, REJECTED);
    await review();
    clock.advance(50_000);
    await expect(review({ behind: true })).rejects.toBe(REJECTED);
  });
});
