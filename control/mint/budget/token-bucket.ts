import type { Clock } from '../../decide/ports.ts';

/** Counts what may be spent: it fills at a steady rate, up to a burst. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #level: number;
  #filledAt: number;

  /**
   * @param rate tokens per second
   * @param burst tokens that it holds when full, as at the start
   */
  constructor(rate: number, burst: number, clock: Clock) {
    this.#rate = rate;
    this.#burst = burst;
    this.#clock = clock;
    this.#level = burst;
    this.#filledAt = clock.monotonic();
  }

  /** Tokens held now. */
  get level(): number {
    const now = this.#clock.monotonic();
    this.#level = Math.min(this.#burst, this.#level + ((now - this.#filledAt) / 1000) * this.#rate);
    this.#filledAt = now;
    return this.#level;
  }

  /** Spends one token, which must be there. */
  take(): void {
    this.#level = this.level - 1;
  }

  /** ms until it holds `wanted` tokens; 0 when it does. */
  timeUntil(wanted: number): number {
    return Math.max(0, ((wanted - this.level) / this.#rate) * 1000);
  }
}
