import type { Clock } from '../../control/decide/ports.ts';

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #wall = Date.UTC(2026, 0, 1);
  #monotonic = 5000;

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Lets time pass, ms. */
  advance(duration: number): void {
    this.#wall += duration;
    this.#monotonic += duration;
  }

  /** Sets the wall clock alone, as an administrator or NTP does, ms. */
  stepWall(difference: number): void {
    this.#wall += difference;
  }
}
