import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Scenario } from '../../../tools/compare/case.ts';
import { keySetScenario } from '../../../tools/compare/cases/key-set-cases.ts';
import { outageScenarios, providerScenario, secretScenario } from '../../../tools/compare/cases/provider-cases.ts';
import { tokenScenario } from '../../../tools/compare/cases/token-cases.ts';
import { formatReport, verdictOf } from '../../../tools/compare/report.ts';

const MAIN = fileURLToPath(new URL('../../../tools/compare/main.ts', import.meta.url));
const outcome = (peer: number, check: number, filter: number, differs?: { peer: number; ours: number }) => ({
  scenario: 'one',
  of: { name: 'a request', headers: {}, ...(differs && { differs }) },
  ...{ peer, check, filter },
});

test('three that agree are the same, and only the difference that is listed is on purpose', () => {
  const listed = { peer: 200, ours: 401 };
  expect(verdictOf(outcome(401, 401, 401))).toBe('same');
  expect(verdictOf(outcome(200, 401, 401))).toBe('DIFFERENT');
  expect(verdictOf(outcome(401, 401, 503))).toBe('DIFFERENT');
  expect(verdictOf(outcome(200, 401, 401, listed))).toBe('different on purpose');
  expect(verdictOf(outcome(401, 401, 401, listed))).toBe('DIFFERENT');
});

test('the report has a line for each request, and the sums', () => {
  const lines = formatReport([outcome(200, 200, 200), outcome(200, 401, 401)]).split('\n');
  expect(lines[1]).toMatch(/^one: a request +200 +200 +200 +same$/);
  expect(lines.at(-1)).toMatch(/^2 requests: 1 same, 0 different on purpose .*, 1 different$/);
});

test('there are at least a hundred requests', () => {
  const surroundings = {
    url: 'http://127.0.0.1:1',
    closedPort: 1,
    publish: (name: string) => `http://127.0.0.1:1/${name}`,
  };
  const scenarios: Scenario[] = [tokenScenario, keySetScenario, providerScenario, secretScenario].map((make) =>
    make(surroundings),
  );
  scenarios.push(...outageScenarios(surroundings));
  expect(scenarios.flatMap(({ cases }) => cases).length).toBeGreaterThanOrEqual(100);
});

test('without the binary it says that it did not run', () => {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, ''], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^not run: /)]);
});
