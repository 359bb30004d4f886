import { describe, expect, test } from 'vitest';
import { MemorySingleFlight } from '../../../control/cache/memory-single-flight.ts';

describe('single flight', () => {
  test('runs one task for all callers of a key', async () => {
    const flight = new MemorySingleFlight<number>();
    const { promise, resolve } = Promise.withResolvers<number>();
    let runs = 0;
    const task = () => {
      runs += 1;
      return promise;
    };
    const callers = Array.from({ length: 50 }, () => flight.run('key', task));
    resolve(7);
    expect(await Promise.all(callers)).toEqual(Array(50).fill(7));
    expect(runs).toBe(1);
    expect(flight.size).toBe(0);
  });

  test('keeps different keys apart', async () => {
    const flight = new MemorySingleFlight<string>();
    expect(await Promise.all([flight.run('a', async () => 'A'), flight.run('b', async () => 'B')])).toEqual(['A', 'B']);
  });

  test('runs anew after a run has ended, in failure too', async () => {
    const flight = new MemorySingleFlight<number>();
    await expect(flight.run('key', () => Promise.reject(new Error('planned')))).rejects.toThrow('planned');
    expect(await flight.run('key', async () => 2)).toBe(2);
  });

  test('gives a failure to every caller, and a task that throws at once counts as one', async () => {
    const flight = new MemorySingleFlight<number>();
    const task = () => {
      throw new Error('at once');
    };
    const outcomes = await Promise.allSettled([flight.run('key', task), flight.run('key', task)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    expect(flight.size).toBe(0);
  });

  test('leaves no rejection unhandled when every caller has gone', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listener);
    try {
      void new MemorySingleFlight<number>().run('key', () => Promise.reject(new Error('nobody listens')));
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      process.off('unhandledRejection', listener);
    }
    expect(unhandled).toEqual([]);
  });

  test('refuses further keys beyond its bound, and still lets callers join', async () => {
    const flight = new MemorySingleFlight<number>({ maximumRuns: 1 });
    const { promise, resolve } = Promise.withResolvers<number>();
    const first = flight.run('a', () => promise);
    await expect(flight.run('b', async () => 2)).rejects.toMatchObject({ code: 'issuer_busy', status: 503 });
    const second = flight.run('a', async () => 3);
    resolve(1);
    expect(await Promise.all([first, second])).toEqual([1, 1]);
  });
});
