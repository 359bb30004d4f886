import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryStore } from '../../../control/cache/memory-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';

type Step =
  | { readonly kind: 'set'; readonly key: string; readonly lifetime: number }
  | { readonly kind: 'get' | 'delete'; readonly key: string }
  | { readonly kind: 'advance'; readonly duration: number }
  | { readonly kind: 'cleanup' };

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key, lifetime: fc.integer({ min: -5, max: 60 }) }),
  fc.record({ kind: fc.constantFrom('get' as const, 'delete' as const), key }),
  fc.record({ kind: fc.constant('advance' as const), duration: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ kind: fc.constant('cleanup' as const) }),
);

/** The same promises kept by scans over everything. */
class NaiveStore {
  readonly entries = new Map<string, { value: number; deadline: number }>();
  readonly maximumEntries: number;

  constructor(maximumEntries: number) {
    this.maximumEntries = maximumEntries;
  }

  set(name: string, value: number, deadline: number, now: number): void {
    this.entries.delete(name);
    if (deadline <= now || this.maximumEntries === 0) return;
    this.forgetExpired(now);
    if (this.entries.size >= this.maximumEntries) {
      const soonest = [...this.entries].reduce((best, next) => (next[1].deadline < best[1].deadline ? next : best));
      this.entries.delete(soonest[0]);
    }
    this.entries.set(name, { value, deadline });
  }

  forgetExpired(now: number): void {
    for (const [name, entry] of this.entries) if (entry.deadline <= now) this.entries.delete(name);
  }
}

test('a memory store behaves as a naive one does', async () => {
  const program = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.array(step, { maxLength: 60 }));
  await fc.assert(
    fc.asyncProperty(program, async ([maximumEntries, steps]) => {
      const clock = new ManualClock();
      const naive = new NaiveStore(maximumEntries);
      const store = new MemoryStore<number>({ maximumEntries, cleanupInterval: 0, clock });
      for (const [index, action] of steps.entries()) {
        switch (action.kind) {
          case 'set': {
            // Deadlines are made distinct: which of two equal ones goes first is not promised.
            const deadline = clock.now() + action.lifetime + index / 1000;
            naive.set(action.key, index, deadline, clock.now());
            await store.set(action.key, index, deadline);
            break;
          }
          case 'delete':
            naive.entries.delete(action.key);
            await store.delete(action.key);
            break;
          case 'advance':
            clock.advance(action.duration);
            break;
          case 'cleanup':
            naive.forgetExpired(clock.now());
            store.cleanup();
            expect(store.size).toBe(naive.entries.size);
            break;
          case 'get':
            break;
        }
        expect(store.size).toBeLessThanOrEqual(maximumEntries);
        naive.forgetExpired(clock.now());
        for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
          if (action.kind === 'get') expect(await store.get(name)).toBe(naive.entries.get(name)?.value);
        }
      }
    }),
    { numRuns: 500 },
  );
});
