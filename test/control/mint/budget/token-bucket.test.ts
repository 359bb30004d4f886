import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../../../../control/mint/budget/token-bucket.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

describe('a token bucket', () => {
  test('starts full', () => {
    expect(new TokenBucket(2, 5, new ManualClock()).level).toBe(5);
  });

  test('fills at its rate, up to its burst', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(2, 5, clock);
    for (let count = 0; count < 5; count += 1) bucket.take();
    expect(bucket.level).toBe(0);
    clock.advance(1500);
    expect(bucket.level).toBe(3);
    clock.advance(60_000);
    expect(bucket.level).toBe(5);
  });

  test('says how long it takes until it holds enough', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(4, 2, clock);
    expect(bucket.timeUntil(1)).toBe(0);
    bucket.take();
    bucket.take();
    expect(bucket.timeUntil(1)).toBe(250);
    clock.advance(250);
    expect(bucket.timeUntil(1)).toBe(0);
  });

  test('does not care about the wall clock', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(1, 1, clock);
    bucket.take();
    clock.stepWall(3_600_000);
    expect(bucket.level).toBe(0);
  });
});
