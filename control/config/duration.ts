import { type Problems, shown } from './problems.ts';

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5, micro sign
  μs: 1e-3, // U+03BC, Greek mu
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

// A text can be divided in one way only: with \d+\.?\d* a long number without a unit would be divided at each digit.
const WHOLE = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/**
 * Reads a duration as Go's `time.ParseDuration` does: `1h30m`, `250ms`, `1.5s`, `0`.
 *
 * @returns ms, not rounded; undefined when it is not a duration
 */
export function parseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) {
    return undefined;
  }
  let sum = 0;
  for (const [, number, unit] of text.matchAll(PART)) {
    sum += Number(number) * (UNITS[unit ?? ''] ?? Number.NaN);
  }
  return text.startsWith('-') ? -sum : sum;
}

/** Writes ms as a duration that {@link parseDuration} reads: `1h30m`, `250ms`. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(milliseconds);
  let text = '';
  for (const unit of ['h', 'm', 's', 'ms']) {
    const size = UNITS[unit] ?? 1;
    const count = Math.floor(rest / size);
    rest -= count * size;
    text += count > 0 ? `${count}${unit}` : '';
  }
  return text === '' ? '0s' : text;
}

/** Reads durations of a document, whose schema has checked their form; one that is out of bounds is a problem. */
export function readDurationOf(
  problems: Problems,
): (setting: string, text: string, minimum: number, maximum: number) => number {
  return (setting, text, minimum, maximum) => {
    const milliseconds = parseDuration(text) ?? Number.NaN;
    if (!(milliseconds >= minimum && milliseconds <= maximum)) {
      problems.add(setting, `${shown(text)} is not from ${formatDuration(minimum)} to ${formatDuration(maximum)}`);
    }
    return milliseconds;
  };
}
