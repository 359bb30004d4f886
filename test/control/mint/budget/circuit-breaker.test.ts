import { describe, expect, test } from 'vitest';
import { type BreakerState, CircuitBreaker, type Health } from '../../../../control/mint/budget/circuit-breaker.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function build(random = () => 0) {
  const clock = new ManualClock();
  const changes: BreakerState[] = [];
  const breaker = new CircuitBreaker({
    failures: 3,
    open: 1000,
    clock,
    random,
    onChange: (state) => changes.push(state),
  });
  const report = (...outcomes: readonly Health[]) => {
    for (const outcome of outcomes) breaker.leave(breaker.enter(), outcome);
  };
  return { clock, changes, breaker, report };
}

describe('a circuit breaker', () => {
  test('opens after failures in a row', () => {
    const { breaker, report } = build();
    report('ill', 'ill');
    expect(breaker.blockedFor).toBe(0);
    report('ill');
    expect(breaker.state).toBe('open');
    expect(breaker.blockedFor).toBe(1000);
  });

  test('forgets failures that a success interrupts', () => {
    const { breaker, report } = build();
    report('ill', 'ill', 'well', 'ill', 'ill');
    expect(breaker.state).toBe('closed');
  });

  test('lets one request try when its time is over, and no second one', () => {
    const { clock, breaker, report } = build();
    report('ill', 'ill', 'ill');
    clock.advance(1000);
    expect(breaker.blockedFor).toBe(0);
    breaker.enter();
    expect(breaker.state).toBe('half-open');
    expect(breaker.blockedFor).toBeGreaterThan(0);
  });

  test('closes when the trial does well', () => {
    const { clock, changes, breaker, report } = build();
    report('ill', 'ill', 'ill');
    clock.advance(1000);
    report('well');
    expect(changes).toEqual(['open', 'half-open', 'closed']);
    report('ill', 'ill');
    expect(breaker.state).toBe('closed');
  });

  test('lets another one try when the trial told nothing', () => {
    const { clock, breaker, report } = build();
    report('ill', 'ill', 'ill');
    clock.advance(1000);
    report('unknown');
    expect(breaker.blockedFor).toBe(0);
    report('well');
    expect(breaker.state).toBe('closed');
  });

  test('stays open twice as long after each trial that fails, up to ten times', () => {
    const { clock, breaker, report } = build();
    report('ill', 'ill', 'ill');
    const pauses = [breaker.blockedFor];
    for (let count = 0; count < 6; count += 1) {
      clock.advance(breaker.blockedFor);
      report('ill');
      pauses.push(breaker.blockedFor);
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });

  test('starts over with a short pause once it was closed', () => {
    const { clock, breaker, report } = build();
    report('ill', 'ill', 'ill');
    clock.advance(1000);
    report('ill');
    clock.advance(2000);
    report('well', 'ill', 'ill', 'ill');
    expect(breaker.blockedFor).toBe(1000);
  });

  test('shortens pauses by chance, by a quarter at most', () => {
    for (const [chance, pause] of [
      [0.5, 875],
      [0.999, 750.25],
    ] as const) {
      const { breaker, report } = build(() => chance);
      report('ill', 'ill', 'ill');
      expect(breaker.blockedFor).toBeCloseTo(pause);
    }
  });

  test('opens at once for as long as the issuer asks', () => {
    const { breaker } = build();
    breaker.leave(breaker.enter(), 'ill', 7000);
    expect(breaker.blockedFor).toBe(7000);
  });

  test('takes no notice of requests from before it changed', () => {
    const { clock, breaker, report } = build();
    const early = breaker.enter();
    const late = breaker.enter();
    report('ill', 'ill', 'ill');
    breaker.leave(early, 'well');
    expect(breaker.state).toBe('open');
    clock.advance(1000);
    const trial = breaker.enter();
    breaker.leave(late, 'well');
    expect(breaker.state).toBe('half-open');
    breaker.leave(trial, 'well');
    expect(breaker.state).toBe('closed');
  });
});
