import { expect, test } from 'vitest';
import { LineBudget } from '../../../control/server/line-budget.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('fifty lines at once, then ten a second', () => {
  const clock = new ManualClock();
  const budget = new LineBudget(clock);
  const taken = () => Array.from({ length: 100 }, () => budget.take()).filter(Boolean).length;
  expect(taken()).toBe(50);
  clock.advance(1000);
  expect(taken()).toBe(10);
  clock.advance(3_600_000);
  expect(taken()).toBe(50);
});

test('what there was no room for is counted', () => {
  const budget = new LineBudget(new ManualClock());
  expect(budget.takeLeftOut()).toBeUndefined();
  for (let line = 0; line < 53; line += 1) budget.take();
  expect([budget.takeLeftOut(), budget.takeLeftOut()]).toEqual([3, undefined]);
});
