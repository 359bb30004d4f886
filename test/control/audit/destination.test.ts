import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Destination } from '../../../control/audit/destination.ts';
import { ConfigurationError } from '../../../control/config/problems.ts';
import { eventually } from '../../../tools/launch/eventually.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(path: string) {
  const told: (string | number)[] = [];
  const observer = {
    failed: (error: Error) => told.push(error.message),
    recovered: (lost: number) => told.push(lost),
  };
  return { destination: new Destination('AUDIT_LOG', path, observer), told };
}

const read = (path: string) => readFileSync(path, 'utf8');

describe('a file', () => {
  test('gets every line, in order, after what it had', async () => {
    const path = join(folder, 'audit.log');
    for (const from of [0, 1000]) {
      const { destination } = open(path);
      for (let i = from; i < from + 1000; i++) destination.write(`${i}\n`);
      await destination.close();
    }
    expect(read(path)).toBe(Array.from({ length: 2000 }, (_, i) => `${i}\n`).join(''));
    expect(statSync(path).mode & 0o007).toBe(0);
  });

  test('is another one after a rotation, and no line is lost', async () => {
    const [path, old] = [join(folder, 'audit.log'), join(folder, 'audit.log.1')];
    const { destination, told } = open(path);
    destination.write('before\n');
    await eventually(() => expect(read(path)).toBe('before\n'));
    renameSync(path, old);
    destination.write('between\n');
    destination.reopen();
    destination.write('after\n');
    await destination.close();
    expect(read(old) + read(path)).toBe('before\nbetween\nafter\n');
    expect(read(path)).toContain('after\n');
    expect(told).toEqual([]);
  });

  test('that cannot be opened again leaves the one that is open', async () => {
    const path = join(folder, 'audit.log');
    const { destination, told } = open(path);
    const old = join(folder, 'kept');
    renameSync(path, old);
    // Nothing that could be written can stand where a folder does.
    mkdirSync(path);
    destination.reopen();
    destination.write('kept\n');
    await destination.close();
    expect(read(old)).toBe('kept\n');
    expect(told).toEqual([expect.stringContaining('EISDIR')]);
  });
});

test.each(['', 'missing/audit.log'])('a path that cannot be written is a problem of its setting: %j', (path) => {
  const opening = () => open(join(folder, path));
  expect(opening).toThrow(ConfigurationError);
  expect(opening).toThrow(/^AUDIT_LOG: .*cannot be written \((EISDIR|ENOENT)\); name a file/);
});

test('a full disk loses lines and says so once; what waits is bounded', async () => {
  // Every write to it fails with ENOSPC.
  const { destination, told } = open('/dev/full');
  const line = `${'x'.repeat(1023)}\n`;
  for (let i = 0; i < 20_000; i++) destination.write(line);
  await eventually(() => expect(told.length).toBeGreaterThan(0));
  destination.write(line);
  expect(told).toHaveLength(1);
});
