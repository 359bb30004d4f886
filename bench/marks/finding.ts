/** One thing that a mark asks for, as it was measured. */
export interface Finding {
  /** The number of the mark. */
  readonly mark: number;
  readonly what: string;
  /** With its unit; undefined when it was not measured. */
  readonly measured?: string;
  readonly limit: string;
  readonly outcome: 'PASS' | 'FAIL' | 'BROKEN' | 'not run' | 'reported';
  readonly note?: string;
}

/** How much a mark may take. */
export interface MarkExtent {
  readonly quick: boolean;
  readonly tell: (line: string) => void;
}

export type Mark = (extent: MarkExtent) => Promise<Finding[]>;

/** A value that must not be larger than its limit. */
export function atMost(mark: number, what: string, value: number, limit: number, more: Partial<Finding> = {}): Finding {
  const outcome = value <= limit ? 'PASS' : 'FAIL';
  return { mark, what, measured: show(value), limit: `at most ${show(limit)}`, outcome, ...more };
}

/** A value that must not be smaller than its limit. */
export function atLeast(
  mark: number,
  what: string,
  value: number,
  limit: number,
  more: Partial<Finding> = {},
): Finding {
  const outcome = value >= limit ? 'PASS' : 'FAIL';
  return { mark, what, measured: show(value), limit: `at least ${show(limit)}`, outcome, ...more };
}

export function show(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 3 : 1);
}
