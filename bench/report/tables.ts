import { FIXED_RATE, type Measured } from '../compare-variants.ts';
import type { Finding } from '../marks/finding.ts';

const HEADINGS = ['', 'CPU/request', 'spread', 'added', 'of no filter', 'requests/s', 'p50', 'p90', 'p99'];

/** One line for each variant. */
export function variantRows(measured: readonly Measured[]): string[][] {
  const lines = measured.map((each) => {
    const { variant, notRun, cost, latency } = each;
    if (cost === undefined || latency === undefined) return [variant.label, `not run: ${notRun}`];
    const base = baseOf(each, measured);
    const added = base === undefined ? ['', ''] : [micro(cost.total - base), (cost.total / base).toFixed(3)];
    return [
      ...[variant.label, micro(cost.total), micro(cost.spread), ...added, cost.rate.toFixed(0)],
      ...[latency.p50, latency.p90, latency.p99].map((value) => `${value.toFixed(2)} ms`),
    ];
  });
  return [HEADINGS, ...lines];
}

/** What the same requests cost without anything in their path, in µs. */
export function baseOf({ variant }: Measured, measured: readonly Measured[]): number | undefined {
  return measured.find((other) => other.variant.name === variant.base)?.cost?.total;
}

export function findingRows(findings: readonly Finding[]): string[][] {
  const lines = findings.map(({ mark, what, measured, limit, outcome, note = '' }) => {
    return [String(mark), what, measured ?? '', limit, outcome, note];
  });
  return [['mark', 'what', 'measured', 'limit', '', ''], ...lines];
}

/** For a terminal. */
export function asText(rows: readonly string[][]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const full = rows.filter((row) => row.length === columns);
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...full.map((row) => (row[i] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) =>
          i === 0 || Number.isNaN(Number.parseFloat(cell))
            ? cell.padEnd(widths[i] ?? 0)
            : cell.padStart(widths[i] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** For a page. */
export function asMarkdown([headings = [], ...rows]: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${headings.map((_, i) => cells[i] ?? '').join(' | ')} |`;
  return [line(headings), line(headings.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

export const LATENCY_NOTE = `Latency at ${FIXED_RATE} requests a second over HTTP/2, which leave when they are due.`;

function micro(value: number): string {
  return `${value.toFixed(1)} µs`;
}
