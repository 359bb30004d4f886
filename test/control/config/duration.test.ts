import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../control/config/duration.ts';

describe('parseDuration', () => {
  // Values of Go's own test of time.ParseDuration, in ms.
  test.each([
    ['0', 0],
    ['5s', 5000],
    ['30s', 30_000],
    ['1478s', 1_478_000],
    ['-5s', -5000],
    ['+5s', 5000],
    ['-0', -0],
    ['5.0s', 5000],
    ['5.6s', 5600],
    ['5.s', 5000],
    ['.5s', 500],
    ['1.004s', 1004],
    ['10ns', 0.00001],
    ['11us', 0.011],
    ['12µs', 0.012],
    ['12μs', 0.012],
    ['13ms', 13],
    ['15m', 900_000],
    ['16h', 57_600_000],
    ['3h30m', 12_600_000],
    ['10.5s4m', 250_500],
    ['-2m3.4s', -123_400],
    ['1h2m3s4ms5us6ns', 3_723_004.005006],
    ['1h30m', 5_400_000],
    ['250ms', 250],
  ])('reads %s as Go does', (text, milliseconds) => {
    expect(parseDuration(text)).toBeCloseTo(milliseconds, 6);
  });

  test('a long number without a unit is refused like a short one', () => {
    // A pattern that divides it at each of its digits takes minutes.
    expect(parseDuration('1'.repeat(300_000))).toBeUndefined();
  });

  test.each([
    '',
    '3',
    '-',
    's',
    '.',
    '-.',
    '.s',
    '+.s',
    '1d',
    '5 s',
    '5s ',
    'Infinity',
    'NaN',
    '0x5s',
    '1e3s',
    '1,5s',
    '5S',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('reads what formatDuration writes', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000_000 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
  });

  test('adds up its parts, in whatever order', () => {
    const sizes = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
    const part = fc.tuple(fc.nat({ max: 9999 }), fc.constantFrom(...(Object.keys(sizes) as (keyof typeof sizes)[])));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const text = parts.map(([count, unit]) => `${count}${unit}`).join('');
        const sum = parts.reduce((total, [count, unit]) => total + count * sizes[unit], 0);
        expect(parseDuration(text)).toBeCloseTo(sum, 3);
      }),
    );
  });

  test('takes no time over any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('1', '.', 's', 'm', '-', 'µ'), maxLength: 2000 }), (text) => {
        const start = performance.now();
        parseDuration(text);
        expect(performance.now() - start).toBeLessThan(100);
      }),
    );
  });
});
