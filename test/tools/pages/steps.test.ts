import { describe, expect, test } from 'vitest';
import { readSteps } from '../../../tools/pages/steps.ts';

const page = (...lines: string[]) => lines.join('\n');
const block = (...lines: string[]) => page('```sh', ...lines, '```');
const mark = (words: string) => `<!-- docs-test: ${words} -->`;

describe('what a reader does', () => {
  test('is each block of sh, in order and as it stands', () => {
    const { steps, problems } = readSteps(page('# Page', block('make build', '', 'ls  build'), 'Then:', block('ls')));
    expect(problems).toEqual([]);
    expect(steps).toEqual([
      { kind: 'run', line: 2, text: 'make build\n\nls  build\n' },
      { kind: 'run', line: 8, text: 'ls\n' },
    ]);
  });

  test('is a block in a list, without its indentation', () => {
    const { steps } = readSteps(
      page('1. Do', '', '   ```sh', '   cat > file <<END', '     deeper', '   END', '   ```'),
    );
    expect(steps).toMatchObject([{ text: 'cat > file <<END\n  deeper\nEND\n' }]);
  });

  test('is no block of another language, unless it is written to a file', () => {
    const yaml = page('```yaml', 'version: v1', '```');
    expect(readSteps(yaml)).toEqual({ steps: [], problems: [] });
    const { steps, problems } = readSteps(page(mark('file policy/orders.yaml'), yaml));
    expect(problems).toEqual([]);
    expect(steps).toEqual([{ kind: 'file', name: 'policy/orders.yaml', line: 2, text: 'version: v1\n' }]);
  });

  test('goes on in the background, or waits for what is printed', () => {
    const { steps } = readSteps(page(mark('background envoy'), mark('until all is well'), '', block('func-e run')));
    expect(steps).toMatchObject([{ kind: 'background', name: 'envoy', until: 'all is well' }]);
    expect(readSteps(page(mark('until 200'), block('curl'))).steps).toMatchObject([{ kind: 'run', until: '200' }]);
  });

  test('is known for what cannot run', () => {
    const { steps } = readSteps(page(mark('needs a cluster'), block('kubectl logs deploy/x')));
    expect(steps).toMatchObject([{ kind: 'needs', name: 'a cluster', text: 'kubectl logs deploy/x\n' }]);
  });

  test('has company that the page does not show', () => {
    const { steps, problems } = readSteps(page('<!-- docs-test: run', 'test -s file', 'URL=here', '-->', block('ls')));
    expect(problems).toEqual([]);
    expect(steps).toMatchObject([{ kind: 'unseen', text: 'test -s file\nURL=here\n' }, { kind: 'run' }]);
  });

  test('is not what a longer fence quotes', () => {
    expect(readSteps(page('````markdown', mark('needs x'), block('ls'), '````'))).toEqual({ steps: [], problems: [] });
  });
});

describe('a problem is', () => {
  test.each([
    ['a mark that does not exist', page(mark('skip it'), block('ls'))],
    ['a mark without its words', page(mark('needs'), block('ls'))],
    ['a mark that is misspelt', page('<!--docs-test: needs a cluster-->', block('ls'))],
    ['two marks that contradict each other', page(mark('needs a cluster'), mark('background x'), block('ls'))],
    ['a mark before text', page(mark('needs a cluster'), 'Then:', block('ls'))],
    ['a mark at the end', page(block('ls'), mark('needs a cluster'))],
    ['a mark before commands that are not shown', page(mark('until x'), '<!-- docs-test: run', 'ls', '-->')],
    ['a block of no language', page('```', 'ls', '```')],
    ['commands by another name', page('```console', '$ ls', '```')],
    ['something else than commands in the background', page(mark('background x'), '```yaml', 'a: 1', '```')],
    ['a block without an end', page('```sh', 'ls')],
    ['a comment without an end', page('<!-- docs-test: run', 'ls')],
  ])('%s', (_, text) => {
    expect(readSteps(text).problems).toHaveLength(1);
  });
});
