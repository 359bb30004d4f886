import type { IssuerBudget } from '../../config/configuration.ts';
import type { Clock } from '../../decide/ports.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Standing } from './waiting-room.ts';

/** The part of the burst and of the concurrency that is kept for credentials which the issuer has accepted before. */
const KEPT_FOR_KNOWN = 1 / 4;

/** How many requests may be under way, and how many may be sent in a time. */
export class Capacity {
  readonly #underWay: Record<Standing, number> = { known: 0, unknown: 0 };
  readonly #concurrency: number;
  readonly #kept: { readonly concurrency: number; readonly burst: number };
  readonly #bucket: TokenBucket;

  constructor(budget: IssuerBudget, clock: Clock) {
    this.#concurrency = budget.concurrency;
    this.#bucket = new TokenBucket(budget.rate, budget.burst, clock);
    this.#kept = {
      concurrency: Math.floor(budget.concurrency * KEPT_FOR_KNOWN),
      burst: Math.floor(budget.burst * KEPT_FOR_KNOWN),
    };
  }

  /** Requests under way. */
  get underWay(): number {
    return this.#underWay.known + this.#underWay.unknown;
  }

  /** Whether another request may be under way now. */
  hasPlace(standing: Standing): boolean {
    if (this.underWay >= this.#concurrency) return false;
    return standing === 'known' || this.#underWay.unknown < this.#concurrency - this.#kept.concurrency;
  }

  /**
   * @param mayUseKept whether it may spend what is kept for known credentials
   * @returns ms until the rate allows another request; 0: now
   */
  timeUntilRate(standing: Standing, mayUseKept: boolean): number {
    return this.#bucket.timeUntil(standing === 'known' || mayUseKept ? 1 : 1 + this.#kept.burst);
  }

  begin(standing: Standing): void {
    this.#bucket.take();
    this.#underWay[standing] += 1;
  }

  end(standing: Standing): void {
    this.#underWay[standing] -= 1;
  }
}
