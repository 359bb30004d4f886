import { judgeRefresh } from './2-refresh.ts';
import { judgeMiss } from './3-miss.ts';
import { judgeScale } from './5-scale.ts';
import { judgeMemory } from './6-memory.ts';
import { judgeSharedCache } from './7-shared-cache.ts';
import type { Mark } from './finding.ts';

/** The marks that are measured on their own, by number; 1 and 4 are read off the comparison of variants. */
export const MARKS: ReadonlyMap<number, Mark> = new Map([
  [2, judgeRefresh],
  [3, judgeMiss],
  [5, judgeScale],
  [6, judgeMemory],
  [7, judgeSharedCache],
]);
