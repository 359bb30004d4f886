/** How much may be held. */
export interface Limits {
  readonly objects: number;
  /** Bytes, as JSON. */
  readonly bytes: number;
}

/** How much is held of what may be, by one watch or, as a part of a larger allowance, by several together. */
export class Allowance {
  readonly limits: Limits;
  readonly #whole: Allowance | undefined;
  #objects = 0;
  #bytes = 0;

  constructor(limits: Limits, whole?: Allowance) {
    this.limits = limits;
    this.#whole = whole;
  }

  /** Takes that much, or gives it back when it is negative. @returns false when it is too much, and nothing was taken */
  take(objects: number, bytes: number): boolean {
    const [nextObjects, nextBytes] = [this.#objects + objects, this.#bytes + bytes];
    const more = objects > 0 || bytes > 0;
    if (more && (nextObjects > this.limits.objects || nextBytes > this.limits.bytes)) return false;
    if (this.#whole?.take(objects, bytes) === false) return false;
    this.#objects = nextObjects;
    this.#bytes = nextBytes;
    return true;
  }

  /** Gives everything back. */
  release(): void {
    this.take(-this.#objects, -this.#bytes);
  }
}
