import type { Measured } from '../compare-variants.ts';
import { baseOf } from './tables.ts';

const WIDTH = 900;
const LABELS = 350;
const VALUES = 80;
const ROW = 26;
const HEAD = 44;
const FOOT = 30;
const COLORS: Readonly<Record<string, string>> = { envoy: '#4c78a8', others: '#f58518' };

/** A bar for each variant: what it adds to a request, in Envoy and in what Envoy asks. */
export function drawChart(measured: readonly Measured[]): string {
  const bars = measured.flatMap((each) => {
    const base = baseOf(each, measured);
    if (each.cost === undefined || base === undefined) return [];
    const inEnvoy = (each.cost.byProcess.envoy ?? 0) - base;
    const added = each.cost.total - base;
    return [{ label: each.variant.label, inEnvoy: Math.max(0, inEnvoy), others: Math.max(0, added - inEnvoy), added }];
  });
  const most = Math.max(1, ...bars.map(({ added }) => added));
  const scale = (value: number) => (value / most) * (WIDTH - LABELS - VALUES);
  const rows = bars.map(({ label, inEnvoy, others, added }, index) => {
    const y = HEAD + index * ROW;
    return [
      `<text x="${LABELS - 8}" y="${y + 16}" text-anchor="end">${escapeText(label)}</text>`,
      rectangle(LABELS, y, scale(inEnvoy), COLORS.envoy),
      rectangle(LABELS + scale(inEnvoy), y, scale(others), COLORS.others),
      `<text x="${LABELS + scale(inEnvoy + others) + 6}" y="${y + 16}">${added.toFixed(0)} µs</text>`,
    ].join('');
  });
  const height = HEAD + bars.length * ROW + FOOT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    '<text x="12" y="24" font-size="15">Processor time added to each request: less is better</text>',
    ...rows,
    rectangle(LABELS, height - 22, 12, COLORS.envoy, 12),
    `<text x="${LABELS + 18}" y="${height - 11}">in Envoy</text>`,
    rectangle(LABELS + 100, height - 22, 12, COLORS.others, 12),
    `<text x="${LABELS + 118}" y="${height - 11}">in what Envoy asks</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function rectangle(x: number, y: number, width: number, color = '#000000', height = 20): string {
  return `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${height}" fill="${color}"/>`;
}

function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
