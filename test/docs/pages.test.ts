import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSteps, type Step } from '../../tools/pages/steps.ts';
import { ROOT } from './support/copy.ts';
import { Desk } from './support/desk.ts';

const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)]
  .filter((path) => path.endsWith('.md'))
  .map((path) => ({ path, ...readSteps(readFileSync(join(ROOT, path), 'utf8')) }));
const MILLISECONDS = 300_000;
const DONE: Readonly<Record<Step['kind'], string>> = {
  run: 'runs',
  unseen: 'runs, not shown',
  background: 'goes on',
  file: 'is written',
  needs: 'parses',
};

const done = new Map<string, Step[]>(PAGES.map(({ path }) => [path, []]));

test.each(PAGES.map(({ path, problems }) => [path, problems]))('%s has no block that nobody tries', (_, problems) => {
  expect(problems).toEqual([]);
});

const INSTRUCTIVE = PAGES.filter(({ steps }) => steps.length > 0);
describe.each(INSTRUCTIVE.map(({ path, steps }) => [path, steps] as const))('%s', (path, steps) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await Desk.prepare(path, steps);
  }, MILLISECONDS);
  afterAll(() => desk?.leave());

  for (const step of steps) {
    test(
      describeStep(step),
      async () => {
        await desk.reader.do(step);
        done.get(path)?.push(step);
      },
      MILLISECONDS,
    );
  }

  if (!steps.some(({ kind }) => kind === 'background')) return;
  test('everything in its terminals still runs, and ends', () => desk.reader.end(), MILLISECONDS);
});

afterAll(() => {
  for (const { path, steps } of PAGES) {
    const parts = (Object.keys(DONE) as Step['kind'][]).flatMap((kind) => {
      const [all, ours] = [steps, done.get(path) ?? []].map((list) => list.filter((step) => step.kind === kind).length);
      return all === 0 ? [] : [`${ours} of ${all} ${DONE[kind]}`];
    });
    console.log(`${path}: ${parts.join(', ') || 'no commands'}`);
  }
});

function describeStep({ kind, line, name, text }: Step): string {
  const what = kind === 'file' ? name : text.trim().split('\n')[0];
  return `line ${line} ${DONE[kind]}${kind === 'needs' ? ` (needs ${name})` : ''}: ${what}`;
}
