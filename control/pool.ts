/** ms for which what is no longer configured stays open: decisions under way may still need it. */
const RETIREMENT = 60_000;

interface PoolOptions<Configuration, Part> {
  /** @throws Error when the configuration cannot be used */
  readonly prepare: (configuration: Configuration) => Part;
  readonly close: (part: Part) => Promise<void>;
  /** Two configurations with one identity are served by one part, so that a reload keeps what did not change. */
  readonly identify: (configuration: Configuration) => string;
}

/** Parts that hold connections and a memory, one for each configuration in use. */
export class Pool<Configuration extends { readonly name: string }, Part> {
  readonly #options: PoolOptions<Configuration, Part>;
  readonly #retiring = new Set<Part>();
  #inUse = new Map<string, { readonly identity: string; readonly part: Part }>();

  constructor(options: PoolOptions<Configuration, Part>) {
    this.#options = options;
  }

  /**
   * Makes ready the parts for these configurations, and retires the others.
   *
   * @returns them by name
   * @throws Error when one cannot be made ready; then everything stays as it was
   */
  use(configurations: Iterable<Configuration>): ReadonlyMap<string, Part> {
    const { prepare, identify } = this.#options;
    const next = new Map<string, { identity: string; part: Part }>();
    const made: Part[] = [];
    try {
      for (const configuration of configurations) {
        const identity = identify(configuration);
        const current = this.#inUse.get(configuration.name);
        const part = current?.identity === identity ? current.part : prepare(configuration);
        if (part !== current?.part) made.push(part);
        next.set(configuration.name, { identity, part });
      }
    } catch (error) {
      for (const part of made) void this.#close(part);
      throw error;
    }
    const kept = new Set([...next.values()].map(({ part }) => part));
    for (const { part } of this.#inUse.values()) if (!kept.has(part)) this.#retire(part);
    this.#inUse = next;
    return new Map([...next].map(([name, { part }]) => [name, part]));
  }

  /** Closes everything, retired or not. */
  async close(): Promise<void> {
    const parts = [...this.#retiring, ...[...this.#inUse.values()].map(({ part }) => part)];
    this.#retiring.clear();
    this.#inUse.clear();
    await Promise.all(parts.map((part) => this.#close(part)));
  }

  #retire(part: Part): void {
    this.#retiring.add(part);
    setTimeout(() => {
      if (this.#retiring.delete(part)) void this.#close(part);
    }, RETIREMENT).unref();
  }

  async #close(part: Part): Promise<void> {
    // A connection that does not end as it should is no reason to fail.
    await this.#options.close(part).catch(() => {});
  }
}
