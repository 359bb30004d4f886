/** One thing that is wrong with the configuration. */
export interface Problem {
  /** A variable (`HTTP_TIMEOUT`), a place in the file (`issuers.dex.timeout`) or a policy entry. */
  readonly setting: string;
  /** What is wrong, and how to put it right; never the value of a secret. */
  readonly message: string;
}

/** Everything that is wrong with a configuration, all of it at once. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ setting, message }) => `${setting}: ${message}`).join('\n'));
    this.problems = problems;
  }
}

/** Gathers problems, so that people see all of them and not one at a time. */
export class Problems {
  readonly #problems = new Map<string, Problem>();

  /** A setting that is read for two purposes is told of once. */
  add(setting: string, message: string): void {
    this.#problems.set(JSON.stringify([setting, message]), { setting, message });
  }

  get all(): readonly Problem[] {
    return [...this.#problems.values()];
  }

  /** @throws ConfigurationError when there is any problem */
  throwIfAny(): void {
    if (this.#problems.size > 0) {
      throw new ConfigurationError(this.all);
    }
  }
}

/** Text of a setting as it may be shown in a problem: short and printable. */
export function shown(text: string): string {
  const limit = 60;
  return JSON.stringify(text.length > limit ? `${text.slice(0, limit)}…` : text);
}
