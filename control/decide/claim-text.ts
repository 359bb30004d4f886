import type { ClaimFormat } from '../config/authenticate.ts';

/** Bytes of one claim that a header or a filter state takes; backends limit all headers together to 8 KiB or so. */
const MAXIMUM_BYTES = 4096;

/**
 * A claim as the value of a header. `json` is the claim's JSON in ASCII. `plain` is a text, a number or a truth value as
 * it stands, and an array of these joined by commas.
 *
 * @returns undefined when it cannot be said without doubt: it is empty or too long, it holds a control character, it has
 * members, or an element of an array holds a comma, so that it would be read as two
 */
export function claimText(value: unknown, format: ClaimFormat): string | undefined {
  const text = value === undefined ? undefined : format === 'json' ? asciiJson(value) : plain(value);
  if (text === undefined || text === '' || Buffer.byteLength(text) > MAXIMUM_BYTES) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  return /[\x00-\x1f\x7f]/.test(text) ? undefined : text;
}

function plain(value: unknown): string | undefined {
  if (!Array.isArray(value)) return scalar(value);
  const elements = value.map(scalar);
  return elements.some((element) => element === undefined || element.includes(',')) ? undefined : elements.join(',');
}

function scalar(value: unknown): string | undefined {
  // A lone surrogate has no UTF-8; what would be sent in its place is another text.
  if (typeof value === 'string') return value.isWellFormed() ? value : undefined;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
