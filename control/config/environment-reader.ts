import { formatDuration, parseDuration } from './duration.ts';
import { headerNameProblem } from './header-name.ts';
import { parseBoolean, parseInteger, parseNumber } from './parse-values.ts';
import { type Problems, shown } from './problems.ts';
import { VARIABLES, type Variable, type VariableName } from './variables.ts';

/** Environment variables; an empty one is an unset one, as in DexTokenBroker. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads variables by the catalogue, gathering problems; a bad value reads as the default. */
export class EnvironmentReader {
  readonly #environment: Environment;
  readonly #problems: Problems;

  constructor(environment: Environment, problems: Problems) {
    this.#environment = environment;
    this.#problems = problems;
  }

  has(name: VariableName): boolean {
    return this.optional(name) !== undefined;
  }

  /** The value as it was set; undefined when it was not. */
  optional(name: VariableName): string | undefined {
    return this.#environment[name] || undefined;
  }

  /** The value, or the catalogue's default. */
  text(name: VariableName): string {
    return this.optional(name) ?? defaultOf(name);
  }

  parsed<Value>(name: VariableName, parse: (text: string) => Value | undefined, expected: string): Value {
    const text = this.optional(name);
    const value = text === undefined ? undefined : parse(text);
    if (text !== undefined && value === undefined) {
      this.#problems.add(name, `${shown(text)} is not ${expected}`);
    }
    return value ?? (parse(defaultOf(name)) as Value);
  }

  boolean(name: VariableName): boolean {
    return this.parsed(name, parseBoolean, 'true or false');
  }

  integer(name: VariableName): number {
    return this.#number(name, parseInteger, 'a whole number', String);
  }

  number(name: VariableName): number {
    return this.#number(name, parseNumber, 'a number', String);
  }

  /** @returns ms */
  duration(name: VariableName): number {
    return this.#number(name, parseDuration, 'a duration such as 250ms, 30s or 1h30m', formatDuration);
  }

  choice<Choice extends string>(name: VariableName, choices: readonly Choice[]): Choice {
    const isChoice = (text: string) => choices.find((choice) => choice === text);
    return this.parsed(name, isChoice, `one of ${choices.join(', ')}`);
  }

  /** @returns a header's name in lower case */
  headerName(name: VariableName): string {
    const text = this.text(name);
    const problem = headerNameProblem(text);
    if (problem !== undefined) {
      this.#problems.add(name, `${shown(text)} ${problem}; choose another header`);
      return defaultOf(name).toLowerCase();
    }
    return text.toLowerCase();
  }

  #number(
    name: VariableName,
    parse: (text: string) => number | undefined,
    expected: string,
    format: (value: number) => string,
  ): number {
    const { minimum = -Infinity, maximum = Infinity, zeroMeansDefault }: Variable = VARIABLES[name];
    const fallback = parse(defaultOf(name)) ?? Number.NaN;
    const value = this.parsed(name, parse, `${expected} from ${format(minimum)} to ${format(maximum)}`);
    if (value <= 0 && zeroMeansDefault) {
      return fallback;
    }
    if (value < minimum || value > maximum) {
      this.#problems.add(name, `${shown(this.text(name))} is not from ${format(minimum)} to ${format(maximum)}`);
      return fallback;
    }
    return value;
  }
}

function defaultOf(name: VariableName): string {
  const variable: Variable = VARIABLES[name];
  return variable.default ?? '';
}
