import type { OperatorContext } from './operator-value.ts';
import type { Problems } from './problems.ts';

/** Reads a duration of a document, whose schema has checked its form. @returns ms */
export type ReadDuration = (setting: string, text: string, minimum: number, maximum: number) => number;

interface Options {
  /** The entry as problems name it: `policy entry orders`, or a document and a place in it. */
  readonly setting: string;
  readonly problems: Problems;
  readonly duration: ReadDuration;
  /** Undefined where the entry is not the operator's: then it names no files, variables or Secrets. */
  readonly operator: OperatorContext | undefined;
}

/** What reading an entry takes besides the entry. */
export class EntryContext {
  readonly setting: string;
  readonly problems: Problems;
  readonly operator: OperatorContext | undefined;
  readonly #duration: ReadDuration;

  constructor({ setting, problems, duration, operator }: Options) {
    this.setting = setting;
    this.problems = problems;
    this.operator = operator;
    this.#duration = duration;
  }

  /** @param field of the entry, such as `exchange.scope` */
  nameOf(field: string): string {
    return `${this.setting}: ${field}`;
  }

  problem(field: string, message: string): void {
    this.problems.add(this.nameOf(field), message);
  }

  /** @returns ms */
  duration(field: string, text: string, minimum: number, maximum: number): number {
    return this.#duration(this.nameOf(field), text, minimum, maximum);
  }
}
