import { expect, test } from 'vitest';
import { UnknownKids } from '../../../../control/trust/keys/unknown-kids.ts';

test('a kid is remembered until its time is over', () => {
  const kids = new UnknownKids();
  kids.remember('a', 100);
  expect([kids.has('a', 99), kids.has('a', 100), kids.has('b', 99)]).toEqual([true, false, false]);
});

test('a flood of kids is bounded, and the oldest make room', () => {
  const kids = new UnknownKids();
  for (let index = 0; index < 5000; index += 1) kids.remember(`kid-${index}`, 100);
  expect(kids.size).toBe(1000);
  expect([kids.has('kid-3999', 0), kids.has('kid-4000', 0), kids.has('kid-4999', 0)]).toEqual([false, true, true]);
});
