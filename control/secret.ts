import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A value that must never be seen: client secrets, tokens, private keys. It redacts itself when printed, logged or
 * serialised; only {@link reveal} gives the text.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Call it only where the text is sent or hashed. */
  reveal(): string {
    return this.#text;
  }

  /** Hex SHA-256 of the text's UTF-8 bytes: 64 digits. */
  digest(): string {
    return createHash('sha256').update(this.#text, 'utf8').digest('hex');
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
