/**
 * Measures what the filter, control and their alternatives add to a request, and holds it against the marks:
 * `make bench [PEERS=folder] [QUICK=1]`; docs/benchmarks.md says how to read it.
 */
import { readArguments } from './arguments.ts';
import { compareVariants, type Measured } from './compare-variants.ts';
import { judgeHit } from './marks/1-hit.ts';
import { judgeControl } from './marks/4-control.ts';
import type { Finding } from './marks/finding.ts';
import { MARKS } from './marks/marks.ts';
import { describeEnvironment, loadAverage } from './report/environment.ts';
import { asText, findingRows, LATENCY_NOTE, variantRows } from './report/tables.ts';
import { writeResults } from './report/write-results.ts';

const { peers, quick, marks } = readArguments(process.argv.slice(2));
const tell = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);

const environment = await describeEnvironment(quick);
tell(`the machine's load is ${loadAverage()} with ${environment.cores} cores`);
const findings: Finding[] = [];
let measured: Measured[] = [];
if (marks.includes(1) || marks.includes(4)) {
  measured = await compareVariants(peers, quick ? { rounds: 1, seconds: 1 } : { rounds: 20, seconds: 10 }, tell);
  console.log(`${asText(variantRows(measured))}\n${LATENCY_NOTE}\n`);
  findings.push(...judgeHit(measured), ...judgeControl(measured));
}
for (const [number, mark] of MARKS) {
  if (!marks.includes(number)) continue;
  tell(`mark ${number}`);
  try {
    findings.push(...(await mark({ quick, tell })));
  } catch (error) {
    // What the others have measured in half an hour is not lost with it.
    tell(String(error));
    findings.push({ mark: number, what: 'it broke', limit: '', outcome: 'BROKEN', note: firstLine(error) });
  }
}
findings.sort((one, other) => one.mark - other.mark);
console.log(asText(findingRows(findings)));
for (const path of writeResults({ environment, measured, findings })) tell(`wrote ${path}`);
// A quick run shows that everything works, and is too short to judge speed.
const bad = quick ? ['BROKEN'] : ['BROKEN', 'FAIL'];
if (findings.some(({ outcome }) => bad.includes(outcome))) process.exitCode = 1;

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
