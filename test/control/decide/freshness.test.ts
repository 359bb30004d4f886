import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { freshnessAt, refreshAge, usableLifetime } from '../../../control/decide/freshness.ts';

describe('usableLifetime', () => {
  test.each([
    [3600, 30, 3570],
    [150, 30, 120],
    [100, 30, 80],
    [60, 30, 48],
    [10, 30, 8],
    [1, 30, 0.8],
    [3600, 3600, 2880],
  ])('a token of %d s with a margin of %d s is given out for %d s', (lifetime, margin, usable) => {
    expect(usableLifetime(lifetime * 1000, margin * 1000)).toBe(usable * 1000);
  });
});

describe('freshnessAt', () => {
  const seconds = (age: number, usable: number) => {
    const freshness = freshnessAt(age * 1000, usable * 1000);
    return freshness && [freshness.maxAge, freshness.staleWhileRevalidate, freshness.staleIfError];
  };

  test.each([
    [0, 120, [90, 30, 30]],
    [30, 120, [60, 30, 30]],
    [89, 120, [1, 30, 30]],
    [89.5, 120, [1, 29, 29]],
    [90, 120, [1, 29, 29]],
    [118, 120, [1, 1, 1]],
    [119, 120, [1, 0, 0]],
    [119.1, 120, undefined],
    [120, 120, undefined],
    [500, 120, undefined],
    [0, 0.8, undefined],
    [0, 1, [1, 0, 0]],
  ])('at %d s of %d s it is %j', (age, usable, expected) => {
    expect(seconds(age, usable)).toEqual(expected);
  });

  const milliseconds = fc.double({ min: 0, max: 1e9, noNaN: true });

  test('never reaches past the end of the usable lifetime', () => {
    fc.assert(
      fc.property(milliseconds, milliseconds, (age, usable) => {
        const freshness = freshnessAt(age, usable);
        if (freshness === undefined) {
          expect(usable - age).toBeLessThan(1000);
          return;
        }
        const { maxAge, staleWhileRevalidate, staleIfError } = freshness;
        const end = age + 1000 * (maxAge + Math.max(staleWhileRevalidate, staleIfError));
        expect(end).toBeLessThanOrEqual(usable + 1e-6);
        for (const value of Object.values(freshness)) {
          expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
        }
        expect(maxAge).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  test('never keeps a cache from refreshing in time by more than a second', () => {
    fc.assert(
      fc.property(milliseconds, milliseconds, (age, usable) => {
        const freshness = freshnessAt(age, usable);
        fc.pre(freshness !== undefined);
        expect(age + 1000 * freshness.maxAge).toBeLessThanOrEqual(Math.max(refreshAge(usable), age + 1000) + 1e-6);
      }),
    );
  });
});
