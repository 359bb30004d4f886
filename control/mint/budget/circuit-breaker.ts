import type { Clock } from '../../decide/ports.ts';

/** What a request told about the issuer; `unknown` when it never got that far. */
export type Health = 'well' | 'ill' | 'unknown';

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface CircuitBreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** ms it stays open the first time. */
  readonly open: number;
  readonly clock: Clock;
  /** From 0 up to 1; `Math.random` outside tests. */
  readonly random: () => number;
  readonly onChange: (state: BreakerState) => void;
}

/** Each time that a trial fails it stays open twice as long, up to this many times the first. */
const MAXIMUM_GROWTH = 10;

/** The part of a pause that chance takes off, so that replicas do not come back all at once. */
const JITTER = 0.25;

/** ms that callers are told to wait while a trial is under way. */
const TRIAL_WAIT = 1000;

/**
 * Leaves an issuer in trouble alone: opens after failures in a row, then lets a single request try, and closes when that
 * one does well.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #failures = 0;
  /** Times it has opened since it was last closed. */
  #openings = 0;
  #openUntil = 0;
  #state: BreakerState = 'closed';
  #trial = false;
  /** Requests let in before it last changed say nothing about the issuer of now. */
  #generation = 0;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** ms for which requests must be refused; 0 when the next one may go. */
  get blockedFor(): number {
    if (this.#state === 'closed') return 0;
    if (this.#trial) return TRIAL_WAIT;
    return Math.max(0, this.#openUntil - this.#options.clock.monotonic());
  }

  /** Lets one request in, which must end in {@link leave}; only while {@link blockedFor} is 0. */
  enter(): number {
    if (this.#state === 'open') this.#change('half-open');
    this.#trial = this.#state === 'half-open';
    return this.#generation;
  }

  /**
   * @param ticket what {@link enter} gave
   * @param pause ms for which the issuer itself asked to be left alone
   */
  leave(ticket: number, health: Health, pause = 0): void {
    if (ticket !== this.#generation) return;
    const wasTrial = this.#trial;
    this.#trial = false;
    if (health === 'well') {
      this.#failures = 0;
      if (wasTrial) this.#close();
    } else if (health === 'ill') {
      this.#failures += 1;
      if (wasTrial || pause > 0 || this.#failures >= this.#options.failures) this.#open(pause);
    }
  }

  #open(pause: number): void {
    const growth = Math.min(MAXIMUM_GROWTH, 2 ** this.#openings);
    const duration = this.#options.open * growth * (1 - JITTER * this.#options.random());
    this.#openUntil = this.#options.clock.monotonic() + Math.max(duration, pause);
    this.#openings += 1;
    this.#change('open');
  }

  #close(): void {
    this.#openings = 0;
    this.#change('closed');
  }

  #change(state: BreakerState): void {
    this.#state = state;
    this.#failures = 0;
    this.#generation += 1;
    this.#options.onChange(state);
  }
}
