/** How long to leave something alone that failed. */
export interface Pauses {
  /** ms before the second attempt. */
  readonly first: number;
  /** ms between two attempts at most. */
  readonly maximum: number;
}

const PAUSES: Pauses = { first: 1000, maximum: 60_000 };

/** When something that failed may be tried again: the pauses double, with jitter so that replicas do not meet. */
export class Backoff {
  #failures = 0;
  #until = Number.NEGATIVE_INFINITY;
  readonly #random: () => number;
  readonly #pauses: Pauses;

  /** @param random from 0 up to 1 */
  constructor(random: () => number, pauses: Pauses = PAUSES) {
    this.#random = random;
    this.#pauses = pauses;
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
    const pause = Math.min(this.#pauses.maximum, this.#pauses.first * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#until = now + pause * (0.75 + this.#random() / 4);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#until = Number.NEGATIVE_INFINITY;
  }
}
