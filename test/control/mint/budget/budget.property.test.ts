import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BrokerError } from '../../../../control/errors.ts';
import type { Answer } from '../../../../control/mint/answer.ts';
import { Budget } from '../../../../control/mint/budget/budget.ts';
import { issuerAt, tokenRequest } from '../minting.ts';

/** A request: when it comes, whose it is, how long the issuer takes, and what it says. */
interface Visit {
  readonly gap: number;
  readonly clientId: string;
  readonly known: boolean;
  readonly duration: number;
  readonly status: number;
}

const visit: fc.Arbitrary<Visit> = fc.record({
  gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })),
  clientId: fc.constantFrom('a', 'b', 'c', 'd'),
  known: fc.boolean(),
  duration: fc.integer({ min: 0, max: 900 }),
  status: fc.constantFrom(200, 200, 200, 401, 429, 500),
});

const settings = fc.record({
  concurrency: fc.integer({ min: 1, max: 6 }),
  rate: fc.integer({ min: 1, max: 50 }),
  burst: fc.integer({ min: 1, max: 10 }),
  breakerFailures: fc.integer({ min: 1, max: 4 }),
  breakerOpen: fc.constantFrom(100, 1000),
});

/** Rejects with whatever is no refusal: the expectations in here among others. */
function codeOf(error: unknown): string {
  if (error instanceof BrokerError) return error.code;
  throw error;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('whatever comes: bounds hold, everybody gets an outcome, and nothing is left over', async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(visit, { minLength: 1, maxLength: 60 }), async (budget, visits) => {
      const timeout = 2000;
      const subject = new Budget(issuerAt('https://issuer.example/token', { timeout, budget }), {
        clock: { now: () => Date.now(), monotonic: () => Date.now() },
        random: () => 0.5,
        onBreakerChange: () => {},
      });
      const start = Date.now();
      let underWay = 0;
      let sent = 0;
      const outcomes: Promise<number | string>[] = [];

      const send = async ({ duration, status }: Visit): Promise<Answer> => {
        underWay += 1;
        sent += 1;
        expect(underWay).toBeLessThanOrEqual(budget.concurrency);
        expect(sent).toBeLessThanOrEqual(budget.burst + ((Date.now() - start) / 1000) * budget.rate + 1e-6);
        await new Promise((resolve) => setTimeout(resolve, duration));
        underWay -= 1;
        return { sentAt: Date.now(), status, body: new Uint8Array(), retryAfter: undefined };
      };

      for (const each of visits) {
        await vi.advanceTimersByTimeAsync(each.gap);
        const request = tokenRequest(each.clientId, each.known ? 'right' : `guess ${outcomes.length}`);
        if (each.known) subject.learn(request, true);
        const outcome = subject.run(request, () => send(each)).then(({ status }) => status, codeOf);
        outcomes.push(outcome);
        expect(subject.load.waiting).toBeLessThanOrEqual(2 * 8 * budget.concurrency);
      }
      // Whoever waits longest is sent last, and takes as long as any.
      await vi.advanceTimersByTimeAsync(timeout + 1000);
      for (const outcome of await Promise.all(outcomes)) {
        expect([200, 401, 429, 500, 'issuer_busy', 'issuer_unavailable']).toContain(outcome);
      }
      expect(subject.load).toEqual({ underWay: 0, waiting: 0 });
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 200 },
  );
});
