import { createHash } from 'node:crypto';

/** Kids that are remembered at once; the oldest make room. */
const MAXIMUM_KIDS = 1000;

/**
 * Kids that a fresh set did not hold. One of them must not have the set fetched again as soon as that is allowed: the
 * only fetch of a cooldown would go to garbage, over and over, and a rotated key would wait.
 */
export class UnknownKids {
  /** By digest, because a kid may be as long as a token; in the order in which they were remembered. */
  readonly #until = new Map<string, number>();

  get size(): number {
    return this.#until.size;
  }

  /** @param now monotonic clock, ms */
  has(kid: string, now: number): boolean {
    const until = this.#until.get(digest(kid));
    return until !== undefined && now < until;
  }

  /** @param until monotonic clock, ms */
  remember(kid: string, until: number): void {
    const key = digest(kid);
    this.#until.delete(key);
    const [oldest] = this.#until.keys();
    if (this.#until.size >= MAXIMUM_KIDS && oldest !== undefined) this.#until.delete(oldest);
    this.#until.set(key, until);
  }
}

function digest(kid: string): string {
  return createHash('sha256').update(kid).digest('base64url');
}
