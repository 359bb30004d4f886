import { afterEach, describe, expect, test, vi } from 'vitest';
import { MemoryStore } from '../../../control/cache/memory-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function build(maximumEntries: number, cleanupInterval = 0) {
  const clock = new ManualClock();
  return { clock, store: new MemoryStore<string>({ maximumEntries, cleanupInterval, clock }) };
}

describe('a memory store', () => {
  afterEach(() => vi.useRealTimers());

  test('gives a value until its deadline and not at it', async () => {
    const { clock, store } = build(10);
    await store.set('a', 'one', clock.now() + 1000);
    clock.advance(999);
    expect(await store.get('a')).toBe('one');
    clock.advance(1);
    expect(await store.get('a')).toBeUndefined();
    expect(store.size).toBe(0);
  });

  test('replaces a value and its deadline', async () => {
    const { clock, store } = build(10);
    await store.set('a', 'one', clock.now() + 1000);
    await store.set('a', 'two', clock.now() + 5000);
    clock.advance(2000);
    expect(await store.get('a')).toBe('two');
    expect(store.size).toBe(1);
  });

  test('forgets the former value when the new one has expired already', async () => {
    const { clock, store } = build(10);
    await store.set('a', 'one', clock.now() + 1000);
    await store.set('a', 'two', clock.now());
    expect(await store.get('a')).toBeUndefined();
  });

  test.each([Number.NaN, Number.NEGATIVE_INFINITY])('keeps nothing with the deadline %s', async (deadline) => {
    const { store } = build(10);
    await store.set('a', 'one', deadline);
    expect(store.size).toBe(0);
  });

  test('evicts an expired value before one that is still good', async () => {
    const { clock, store } = build(2);
    await store.set('short', 's', clock.now() + 10);
    await store.set('long', 'l', clock.now() + 1000);
    clock.advance(10);
    await store.set('new', 'n', clock.now() + 500);
    expect(await store.get('long')).toBe('l');
    expect(await store.get('new')).toBe('n');
    expect(store.evictions).toBe(0);
  });

  test('evicts the value that expires soonest when none has', async () => {
    const { clock, store } = build(2);
    await store.set('later', 'l', clock.now() + 1000);
    await store.set('sooner', 's', clock.now() + 500);
    await store.set('new', 'n', clock.now() + 100);
    expect(await store.get('sooner')).toBeUndefined();
    expect(await store.get('later')).toBe('l');
    expect(store.evictions).toBe(1);
  });

  test('stores nothing with room for 0 entries', async () => {
    const { clock, store } = build(0);
    await store.set('a', 'one', clock.now() + 1000);
    expect(await store.get('a')).toBeUndefined();
    expect(store.size).toBe(0);
  });

  test('expires a value by the monotonic clock when the wall clock stepped back', async () => {
    const { clock, store } = build(10);
    await store.set('a', 'one', clock.now() + 1000);
    clock.stepWall(-3_600_000);
    clock.advance(1000);
    expect(await store.get('a')).toBeUndefined();
  });

  test('expires a value by the wall clock when that stepped forward', async () => {
    const { clock, store } = build(10);
    await store.set('a', 'one', clock.now() + 1000);
    clock.stepWall(3_600_000);
    expect(await store.get('a')).toBeUndefined();
  });

  test('sweeps by itself until it is closed', async () => {
    vi.useFakeTimers();
    const { clock, store } = build(10, 60_000);
    await store.set('a', 'one', clock.now() + 1000);
    clock.advance(1000);
    vi.advanceTimersByTime(60_000);
    expect(store.size).toBe(0);
    store.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('fills and evicts 200,000 values without a scan of all', async () => {
    const { clock, store } = build(100_000);
    const started = performance.now();
    for (let index = 0; index < 200_000; index += 1) {
      await store.set(`key ${index}`, 'value', clock.now() + 1000 + ((index * 7919) % 100_000));
    }
    expect(store.size).toBe(100_000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
