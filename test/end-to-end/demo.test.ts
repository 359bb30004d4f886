import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { RunningProcess } from '../../tools/launch/running-process.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function startDemo(...parameters: string[]): RunningProcess {
  return new RunningProcess({
    name: 'demo',
    command: process.execPath,
    parameters: ['tools/demo/main.ts', ...parameters],
    directory: ROOT,
  });
}

test('the demo passes its own checks and ends when it runs once', async () => {
  const demo = startDemo('--once');
  expect(await demo.waitForEnd()).toBe('exit code 0');
  expect(demo.output()).not.toContain('NOT SO');
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the demo stays up until %s, and leaves no process behind',
  async (signal) => {
    const demo = startDemo();
    await demo.waitUntil(() => expect(demo.output()).toContain('Ctrl-C stops everything'));
    const children = execFileSync('pgrep', ['-P', `${demo.pid}`], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
    expect(children.length).toBeGreaterThanOrEqual(2);
    demo.signal(signal);
    await demo.waitForEnd();
    for (const url of urls) await expect(fetch(url)).rejects.toThrow('fetch failed');
  },
);

test('a demo that does not exist is an error that names those that do', async () => {
  const demo = startDemo('nonsense', '--once');
  expect(await demo.waitForEnd()).toBe('exit code 2');
  expect(demo.output()).toContain('main');
});
