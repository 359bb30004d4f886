import type { LogLevel } from './configuration.ts';

/** Reads a boolean as Go's `strconv.ParseBool` does. */
export function parseBoolean(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) {
    return true;
  }
  return ['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text) ? false : undefined;
}

/** Reads a boolean as ext-authz-token-exchange does, and its opposite words. */
export function parseSwitch(text: string): boolean | undefined {
  const word = text.toLowerCase();
  return ['yes', 'on'].includes(word) || (['no', 'off'].includes(word) ? false : parseBoolean(word));
}

/** Reads a decimal whole number as Go's `strconv.Atoi` does. */
export function parseInteger(text: string): number | undefined {
  const value = Number(text);
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(value) ? value : undefined;
}

/** Reads a number with an optional fraction: `100`, `0.5`. */
export function parseNumber(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Go's slog levels by number; a level in between prints what is above it. */
const LEVELS: readonly (readonly [LogLevel, number])[] = [
  ['debug', -4],
  ['info', 0],
  ['warn', 4],
  ['error', 8],
];

/** Reads a log level as Go's slog does: any case, with an offset such as `INFO+2`. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const [, name, offset] = /^([a-z]+)([+-]\d+)?$/i.exec(text) ?? [];
  const base = LEVELS.find(([level]) => level === name?.toLowerCase());
  if (base === undefined) {
    return undefined;
  }
  const number = base[1] + Number(offset ?? 0);
  return LEVELS.find(([, candidate]) => number <= candidate)?.[0] ?? 'error';
}

/** Octal permissions of a socket: `0660`. */
export function parseSocketMode(text: string): number | undefined {
  return /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : undefined;
}
