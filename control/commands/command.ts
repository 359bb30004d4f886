/** What a command works with, so that tests need no process. */
export interface CommandIo {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Buffer;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
  /** Wall clock, ms. */
  readonly now: () => number;
}

/** @returns the exit code: 0 when all is well, 1 when it is not, 2 when the command was called wrongly */
export type Command = (words: readonly string[], io: CommandIo) => Promise<number>;

/** A command was called wrongly. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
