/** Something that runs until it is stopped. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** Parts that were started one after another, each for those that follow; they are stopped in the opposite order. */
export class StartedParts {
  readonly #parts: Stoppable[] = [];

  keep<Part extends Stoppable>(part: Part): Part {
    this.#parts.push(part);
    return part;
  }

  /** Stops all that is still running; what was stopped before is left alone. */
  async stop(): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) await part.stop();
  }
}
