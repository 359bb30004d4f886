import { describe, expect, test } from 'vitest';
import { FairQueue } from '../../../../control/mint/budget/fair-queue.ts';

function takeAll(queue: FairQueue<string>): string[] {
  const items: string[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) items.push(item);
  return items;
}

describe('a fair queue', () => {
  test('serves its lanes in turn, and each in order', () => {
    const queue = new FairQueue<string>(10);
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.add(item.slice(0, 1), item);
    expect(queue.size).toBe(6);
    expect(takeAll(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    expect(queue.size).toBe(0);
  });

  test('refuses what would make the longest lane longer', () => {
    const queue = new FairQueue<string>(2);
    queue.add('a', 'a1');
    queue.add('a', 'a2');
    expect(queue.add('a', 'a3')).toBe('a3');
    expect(takeAll(queue)).toEqual(['a1', 'a2']);
  });

  test('makes room for a short lane at the end of the longest', () => {
    const queue = new FairQueue<string>(3);
    for (const item of ['a1', 'a2', 'a3']) queue.add('a', item);
    expect(queue.add('b', 'b1')).toBe('a3');
    expect(queue.size).toBe(3);
    expect(takeAll(queue)).toEqual(['a1', 'b1', 'a2']);
  });

  test('does not swap one lane for another of the same length', () => {
    const queue = new FairQueue<string>(2);
    queue.add('a', 'a1');
    queue.add('b', 'b1');
    expect(queue.add('c', 'c1')).toBe('c1');
  });

  test('lets an item go', () => {
    const queue = new FairQueue<string>(3);
    for (const item of ['a1', 'a2', 'b1']) queue.add(item.slice(0, 1), item);
    queue.remove('a', 'a1');
    queue.remove('a', 'a1');
    queue.remove('c', 'c1');
    expect(queue.size).toBe(2);
    expect(takeAll(queue)).toEqual(['a2', 'b1']);
  });
});
