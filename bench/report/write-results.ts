import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Measured } from '../compare-variants.ts';
import type { Finding } from '../marks/finding.ts';
import { drawChart } from './chart.ts';
import type { Environment } from './environment.ts';
import { asMarkdown, findingRows, LATENCY_NOTE, variantRows } from './tables.ts';

const FOLDER = fileURLToPath(new URL('../results/', import.meta.url));

export interface Results {
  readonly environment: Environment;
  readonly measured: readonly Measured[];
  readonly findings: readonly Finding[];
}

/** Writes the JSON, the chart and the page. @returns their paths */
export function writeResults(results: Results): string[] {
  mkdirSync(FOLDER, { recursive: true });
  const { environment, measured, findings } = results;
  // A quick run says little about speed, and must not take the place of one that does.
  const name = environment.date.slice(0, 10) + (environment.quick ? '-quick' : '');
  const contents: [string, string][] = [
    ['json', `${JSON.stringify({ environment, variants: measured.map(plain), findings }, null, 2)}\n`],
    ['md', page(results, name)],
    ...(measured.length > 0 ? ([['svg', drawChart(measured)]] as [string, string][]) : []),
  ];
  return contents.map(([extension, text]) => {
    const path = join(FOLDER, `${name}.${extension}`);
    writeFileSync(path, text);
    return path;
  });
}

function plain({ variant: { name, label, base }, ...rest }: Measured): object {
  return { name, label, base, ...rest };
}

function page({ environment, measured, findings }: Results, name: string): string {
  const { processor, cores, kernel, node, envoy, commit, date } = environment;
  return [
    `# A run of ${date.slice(0, 10)}`,
    '',
    `${processor}, ${cores} cores, ${kernel}, Envoy ${envoy}, Node ${node}, commit ${commit}.`,
    ...(measured.length > 0
      ? [
          '',
          `![processor time added to each request](${name}.svg)`,
          '',
          asMarkdown(variantRows(measured)),
          '',
          LATENCY_NOTE,
        ]
      : []),
    ...['', asMarkdown(findingRows(findings)), ''],
  ].join('\n');
}
