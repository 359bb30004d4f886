import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { endOfTurn } from '../../../control/server/end-of-turn.ts';

test('what is decided in one turn is answered once everything in it has been decided, in the same order', async () => {
  const events: string[] = [];
  const serve = async (name: string) => {
    await Promise.resolve();
    events.push(`${name} decided`);
    await endOfTurn();
    events.push(`${name} answered`);
  };
  await Promise.all([serve('first'), serve('second')]);
  expect(events).toEqual(['first decided', 'second decided', 'first answered', 'second answered']);
});

test('nobody waits for a later turn', async () => {
  const events: string[] = [];
  const first = endOfTurn().then(() => events.push('first answered'));
  await nextTurn();
  const second = endOfTurn().then(() => events.push('second answered'));
  events.push('second decided');
  await Promise.all([first, second]);
  expect(events).toEqual(['first answered', 'second decided', 'second answered']);
});

test('one that fails takes no other along', async () => {
  const failing = endOfTurn().then(() => {
    throw new Error('a header that cannot be sent');
  });
  const other = endOfTurn().then(() => 'answered');
  await expect(failing).rejects.toThrow('a header that cannot be sent');
  await expect(other).resolves.toBe('answered');
});
