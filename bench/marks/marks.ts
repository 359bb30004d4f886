import type { Mark } from './finding.ts';

/** The marks that are measured on their own, by number; 1 and 4 are read off the comparison of variants. */
export const MARKS: ReadonlyMap<number, Mark> = new Map<number, Mark>();
