/** Does something once for any number of requests that come within a moment. */
export class Coalesce {
  readonly #delay: number;
  readonly #task: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param delay ms from the first request */
  constructor(delay: number, task: () => void) {
    this.#delay = delay;
    this.#task = task;
  }

  request(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#task();
    }, this.#delay).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
