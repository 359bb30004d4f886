import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { RunningProcess } from '../../tools/launch/running-process.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function startDemo(...parameters: string[]): RunningProcess {
  const demo = new RunningProcess({
    name: 'demo',
    command: process.execPath,
    parameters: ['tools/demo/main.ts', ...parameters],
    directory: ROOT,
  });
  onTestFinished(() => demo.stop());
  return demo;
}

test.each(['main', 'exchange', 'login'])(
  'the demo %s passes its own checks and ends when it runs once',
  async (name) => {
    const demo = startDemo(name, '--once');
    expect(await demo.waitForEnd()).toBe('exit code 0');
    expect(demo.output()).not.toContain('NOT SO');
  },
);

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the demo stays up until %s, and leaves no process behind',
  async (signal) => {
    const demo = startDemo();
    await demo.waitUntil(() => expect(demo.output()).toContain('Ctrl-C stops everything'));
    const urls = new Set(demo.output().match(/http:\/\/127\.0\.0\.1:\d+/g));
    // The OAuth server, control, the backend, and Envoy with its admin interface.
    expect(urls.size).toBe(5);
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
