import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RunningControl, startControl } from '../../../tools/launch/control.ts';
import { eventually } from '../../../tools/launch/eventually.ts';

let folder: string;
let control: RunningControl | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'));
});
afterEach(async () => {
  await control?.stop();
  control = undefined;
  rmSync(folder, { recursive: true });
});

const ask = (running: RunningControl) => fetch(`http://127.0.0.1:${running.checkPort}/check/`);
const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').length - 1;

test('after a rotation and SIGHUP the lines are in a new file', async () => {
  const [path, old] = [join(folder, 'audit.log'), join(folder, 'audit.log.1')];
  control = await startControl({ AUDIT_LOG: path });
  await ask(control);
  await eventually(() => expect(linesOf(path)).toBe(1));
  renameSync(path, old);
  control.process.signal('SIGHUP');
  await eventually(() => expect(linesOf(path)).toBe(0));
  await ask(control);
  await eventually(() => expect(linesOf(path)).toBe(1));
  expect(linesOf(old)).toBe(1);
});

test('the last line is written before the process ends', async () => {
  const path = join(folder, 'audit.log');
  control = await startControl({ AUDIT_LOG: path });
  await Promise.all(Array.from({ length: 50 }, () => ask(control as RunningControl)));
  await control.stop();
  expect(linesOf(path)).toBe(50);
});

test('stdout has the lines beside the log', async () => {
  const running = await startControl({ AUDIT_LOG: 'stdout' });
  control = running;
  await ask(running);
  await eventually(() => expect(running.log()).toContain('"decision":"deny"'));
});

test('a file that cannot be written ends the process before it listens, and says which setting to change', async () => {
  const path = join(folder, 'missing', 'audit.log');
  await expect(startControl({ AUDIT_LOG: path })).rejects.toThrow(
    /ended \(exit code 2\):\nAUDIT_LOG: .*cannot be written \(ENOENT\); name a file/,
  );
});
