import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Answer, Difference } from '../../../tools/compare/exchange/case.ts';
import { answerScenario, profileScenarios } from '../../../tools/compare/exchange/cases/issuer-cases.ts';
import { policyScenarios } from '../../../tools/compare/exchange/cases/policy-cases.ts';
import { requestScenario, switchScenarios } from '../../../tools/compare/exchange/cases/request-cases.ts';
import { formatReport, verdictOf } from '../../../tools/compare/exchange/report.ts';

const MAIN = fileURLToPath(new URL('../../../tools/compare/exchange/main.ts', import.meta.url));
const GOOD: Answer = {
  status: '200',
  body: '',
  challenge: '',
  authorization: 'Bearer a',
  tokenRequest: 'grant_type=x',
};

const outcome = (theirs: Partial<Answer>, ours: Partial<Answer>, differs?: Difference) => ({
  scenario: 'one',
  of: { name: 'a request', ...(differs && { differs }) },
  theirs: { ...GOOD, ...theirs },
  ours: { ...GOOD, ...ours },
});

test('only the difference that is listed, in the parts that are listed, is on purpose', () => {
  const listed: Difference = { status: [500, 503], also: ['body'] };
  expect(verdictOf(outcome({}, {}))).toBe('same');
  expect(verdictOf(outcome({}, { tokenRequest: 'grant_type=y' }))).toBe('DIFFERENT');
  expect(verdictOf(outcome({ status: '500', body: 'a' }, { status: '503', body: 'b' }, listed))).toBe(
    'different on purpose',
  );
  expect(verdictOf(outcome({ status: '500', body: 'a' }, { status: '502', body: 'b' }, listed))).toBe('DIFFERENT');
  expect(verdictOf(outcome({ status: '500' }, { status: '503' }, listed))).toBe('DIFFERENT');
  expect(verdictOf(outcome({}, {}, listed))).toBe('DIFFERENT');
});

test('the report has a line for each request, what differs below it, and the sums', () => {
  const lines = formatReport([outcome({}, {}), outcome({}, { challenge: 'Bearer' })]).split('\n');
  expect(lines.slice(0, 3)).toEqual([
    'same: one: a request (200)',
    'DIFFERENT: one: a request (200)',
    '    challenge: nothing is Bearer here',
  ]);
  expect(lines.at(-1)).toMatch(/^2 requests: 1 same, 0 different on purpose .*, 1 different$/);
});

test('there are more than a hundred requests, each with a name of its own in its scenario', () => {
  const all = [requestScenario, ...switchScenarios, answerScenario, ...profileScenarios, ...policyScenarios];
  const names = all.flatMap(({ name, cases }) => cases.map((each) => `${name}: ${each.name}`));
  expect(names.length).toBeGreaterThan(100);
  expect(new Set(names).size).toBe(names.length);
});

test('without the binary it does not run, and says so', () => {
  const { stdout, status } = spawnSync(process.execPath, [MAIN, '/nowhere'], { encoding: 'utf8' });
  expect(stdout).toMatch(/^not run: there is no ext-authz-token-exchange/);
  expect(status).toBe(0);
});
