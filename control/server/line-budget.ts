import type { Clock } from '../decide/ports.ts';

/** How many lines a second may be written on average, and at once after a pause. */
const RATE = 10;
const BURST = 50;

/** Bounds what callers can have written to the log, however many requests they send. */
export class LineBudget {
  readonly #clock: Clock;
  #lines = BURST;
  #at: number;
  #leftOut = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#at = clock.monotonic();
  }

  /** Takes a line, if there is one. */
  take(): boolean {
    const now = this.#clock.monotonic();
    this.#lines = Math.min(BURST, this.#lines + ((now - this.#at) / 1000) * RATE);
    this.#at = now;
    if (this.#lines < 1) {
      this.#leftOut += 1;
      return false;
    }
    this.#lines -= 1;
    return true;
  }

  /** Lines that there was no room for since the last call; undefined when there were none. */
  takeLeftOut(): number | undefined {
    const leftOut = this.#leftOut || undefined;
    this.#leftOut = 0;
    return leftOut;
  }
}
