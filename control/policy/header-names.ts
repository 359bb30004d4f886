import { headerNameProblem } from '../config/header-name.ts';
import { type Problems, shown } from '../config/problems.ts';

/** What the route table's encoding allows. */
const MAXIMUM_STRIP = 64;

/** Checks and lower-cases the header names of one policy entry. */
export class HeaderNames {
  readonly #setting: string;
  readonly #problems: Problems;

  /** @param setting the entry, as problems name it */
  constructor(setting: string, problems: Problems) {
    this.#setting = setting;
    this.#problems = problems;
  }

  /** Something else that is wrong with the entry. */
  problem(message: string): void {
    this.#problems.add(this.#setting, message);
  }

  /** @param use the field of the entry that holds the name */
  one(use: string, name: string): string {
    const problem = headerNameProblem(name);
    if (problem !== undefined) {
      this.#problems.add(this.#setting, `${use}: the header ${shown(name)} ${problem}; choose another header`);
    }
    return name.toLowerCase();
  }

  /** Each name once. */
  list(use: string, names: readonly string[]): string[] {
    const list = [...new Set(names.map((name) => this.one(use, name)))];
    if (list.length > MAXIMUM_STRIP) {
      this.#problems.add(this.#setting, `${use}: has ${list.length} headers; the most is ${MAXIMUM_STRIP}`);
    }
    return list;
  }

  /** @param sources the headers and cookies that credentials are read from */
  refuseShared(sources: readonly string[]): void {
    if (new Set(sources).size < sources.length) {
      this.problem(`reads two parts of the credentials from one header (${sources.join(', ')}); give each its own`);
    }
  }

  /** @param headers those that the entry sets; one of them twice would leave the outcome to chance */
  refuseRepeated(use: string, headers: readonly string[]): void {
    const repeated = headers.find((header, index) => headers.indexOf(header) < index);
    if (repeated !== undefined) {
      this.problem(`${use} the header ${repeated} for two purposes; give each its own`);
    }
  }
}
