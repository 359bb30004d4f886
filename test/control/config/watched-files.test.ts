import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WatchedFiles } from '../../../control/config/watched-files.ts';

let directory: string;
let files: WatchedFiles;
const path = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'broker-watched-'));
  files = new WatchedFiles();
  writeFileSync(path('a'), 'one');
});
afterEach(() => rmSync(directory, { recursive: true }));

test('says nothing as long as nothing has changed', () => {
  expect(files.changed()).toBe(false);
  expect(files.read(path('a')).toString()).toBe('one');
  expect(files.list(directory)).toEqual(['a']);
  expect(files.changed()).toBe(false);
});

test.each<[string, () => void]>([
  ['is written', () => writeFileSync(path('a'), 'two!')],
  [
    'is replaced by one of the same size',
    () => {
      writeFileSync(path('b'), 'two');
      renameSync(path('b'), path('a'));
    },
  ],
  ['is gone', () => unlinkSync(path('a'))],
])('notices that a file %s', (_name, change) => {
  files.read(path('a'));
  change();
  expect(files.changed()).toBe(true);
});

test('notices a link far above that leads elsewhere, as Kubernetes changes its volumes', () => {
  mkdirSync(path('data1'));
  mkdirSync(path('data2'));
  for (const [data, content] of Object.entries({ data1: 'old', data2: 'new' }))
    writeFileSync(path(`${data}/key`), content);
  symlinkSync('data1', path('..data'));
  symlinkSync('..data/key', path('key'));
  expect(files.read(path('key')).toString()).toBe('old');
  expect(files.changed()).toBe(false);
  symlinkSync('data2', path('next'));
  renameSync(path('next'), path('..data'));
  expect(files.changed()).toBe(true);
});

test('notices one that was not there, and one that is new in a folder', () => {
  expect(() => files.read(path('none'))).toThrow('ENOENT');
  expect(files.changed()).toBe(false);
  writeFileSync(path('none'), '');
  expect(files.changed()).toBe(true);
  files.begin();
  files.list(directory);
  writeFileSync(path('another'), '');
  expect(files.changed()).toBe(true);
});

test('forgets what is not read any more, unless the reading was not finished', () => {
  files.read(path('a'));
  files.begin();
  writeFileSync(path('a'), 'changed');
  expect(files.changed()).toBe(false);
  files.abandon();
  expect(files.changed()).toBe(true);
});
