import { onTestFinished, vi } from 'vitest';
import type { IssuerBudget } from '../../../../control/config/configuration.ts';
import type { TokenRequest } from '../../../../control/decide/ports.ts';
import type { Answer } from '../../../../control/mint/answer.ts';
import { Budget } from '../../../../control/mint/budget/budget.ts';
import type { BreakerState } from '../../../../control/mint/budget/circuit-breaker.ts';
import { issuerAt } from '../minting.ts';

/** A request that has reached the issuer and waits for the test to answer it. */
export interface Arrived {
  readonly clientId: string;
  answer(status: number, retryAfter?: number): void;
  fail(error: Error): void;
}

/** Gives a budget under fake time, in front of an issuer that does as the test says. */
export function createScriptedIssuer(settings: Partial<IssuerBudget>, timeout = 5000) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const arrived: Arrived[] = [];
  const changes: [string, BreakerState][] = [];
  const defaults = { concurrency: 4, rate: 1000, burst: 1000, breakerFailures: 3, breakerOpen: 1000 };
  const issuer = issuerAt('https://issuer.example/token', { timeout, budget: { ...defaults, ...settings } });
  const budget = new Budget(issuer, {
    clock: { now: () => Date.now(), monotonic: () => Date.now() },
    random: () => 0,
    onBreakerChange: (standing, state) => changes.push([standing, state]),
  });

  /** Sends a request through the budget; its outcome is its status, or the refusal's code. */
  async function run(request: TokenRequest): Promise<number | string> {
    const send = () =>
      new Promise<Answer>((resolve, reject) => {
        arrived.push({
          clientId: request.clientId,
          answer: (status, retryAfter) => resolve({ sentAt: Date.now(), status, body: new Uint8Array(), retryAfter }),
          fail: reject,
        });
      });
    return budget.run(request, send).then(
      (answer) => answer.status,
      (error: { code?: string }) => error.code ?? String(error),
    );
  }

  return {
    budget,
    arrived,
    changes,
    run,
    /** Lets what has been settled take effect. */
    settle: () => vi.advanceTimersByTimeAsync(0),
    pass: (duration: number) => vi.advanceTimersByTimeAsync(duration),
  };
}
