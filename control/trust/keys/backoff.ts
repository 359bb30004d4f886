/** ms before the second attempt, and at most between two. */
const FIRST = 1000;
const MAXIMUM = 60_000;

/** When something that failed may be tried again: the pauses double, with jitter so that replicas do not meet. */
export class Backoff {
  #failures = 0;
  #until = Number.NEGATIVE_INFINITY;
  readonly #random: () => number;

  /** @param random from 0 up to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Whether the last attempt failed. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** @param now monotonic clock, ms @returns ms until the next attempt; 0: at once */
  remaining(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /** @param now monotonic clock, ms */
  failed(now: number): void {
    const pause = Math.min(MAXIMUM, FIRST * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#until = now + pause * (0.75 + this.#random() / 4);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#until = Number.NEGATIVE_INFINITY;
  }
}
