/** Characters of texts whose outcome is remembered. */
const MAXIMUM_CHARACTERS = 8 * 1024 * 1024;

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * Remembers what texts said. Each change of anything has all documents read again, most of them are what they were, and
 * reading YAML takes most of the time: time in which control answers nobody.
 */
export class ParsedDocuments {
  readonly #parse: (text: string) => unknown;
  #former: ReadonlyMap<string, Outcome> = new Map();
  #current = new Map<string, Outcome>();
  #characters = 0;

  /** @param parse must give the same for the same text */
  constructor(parse: (text: string) => unknown) {
    this.#parse = parse;
  }

  /** What is not asked for from now on is forgotten at the next call. */
  begin(): void {
    this.#former = this.#current;
    this.#current = new Map();
    this.#characters = 0;
  }

  /** What the text says; nobody may change it. @throws whatever `parse` throws, the same each time */
  readonly read = (text: string): unknown => {
    const outcome = this.#current.get(text) ?? this.#former.get(text) ?? this.#attempt(text);
    this.#remember(text, outcome);
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  };

  #attempt(text: string): Outcome {
    try {
      return { value: this.#parse(text) };
    } catch (error) {
      return { error };
    }
  }

  #remember(text: string, outcome: Outcome): void {
    if (this.#current.has(text) || this.#characters + text.length > MAXIMUM_CHARACTERS) return;
    this.#characters += text.length;
    this.#current.set(text, outcome);
  }
}
