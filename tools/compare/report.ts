import type { Outcome } from './run-scenario.ts';

/** What a row says of itself. */
type Verdict = 'same' | 'different on purpose' | 'DIFFERENT';

/** Whether the three agree, or differ as the case says they do. */
export function verdictOf({ of, peer, check, filter }: Outcome): Verdict {
  if (of.differs === undefined) return peer === check && check === filter ? 'same' : 'DIFFERENT';
  const expected =
    peer === of.differs.peer && check === of.differs.ours && filter === (of.differs.filter ?? of.differs.ours);
  return expected ? 'different on purpose' : 'DIFFERENT';
}

/** The table, a line for each case, and the sums. */
export function formatReport(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => {
    const { scenario, of, peer, check, filter } = outcome;
    return [`${scenario}: ${of.name}`, `${peer}`, `${check}`, `${filter}`, verdictOf(outcome)];
  });
  const table = [['request', 'DexTokenBroker', '/check', 'filter', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const count = (verdict: Verdict) => outcomes.filter((outcome) => verdictOf(outcome) === verdict).length;
  const sums = `${outcomes.length} requests: ${count('same')} same, ${count('different on purpose')} different on purpose (docs/migrating-from-dex-token-broker.md), ${count('DIFFERENT')} different`;
  return [...lines, '', sums].join('\n');
}
