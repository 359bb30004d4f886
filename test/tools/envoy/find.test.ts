import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findEnvoy } from '../../../tools/envoy/find.ts';

let folder: string;
let notes: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-envoy-'));
  notes = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a program that says it is that version of Envoy, as Envoy says it. */
function plant(path: string, version: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho "${file}  version: 0123abc/${version}/Clean/RELEASE/BoringSSL"\n`);
  chmodSync(file, 0o755);
  return file;
}

const find = (environment: Record<string, string>): string | undefined =>
  findEnvoy({ PATH: join(folder, 'path'), FUNC_E_DATA_HOME: join(folder, 'data'), ...environment }, (note) =>
    notes.push(note),
  );

describe('an Envoy is found', () => {
  test('where $ENVOY says, before anywhere else', () => {
    plant('path/envoy', '1.40.0');
    const named = plant('named/envoy', '1.40.2');
    expect(find({ ENVOY: named })).toBe(named);
  });

  test('on PATH, before what func-e holds', () => {
    const onPath = plant('path/envoy', '1.40.1');
    plant('data/envoy-versions/1.40.0/bin/envoy', '1.40.0');
    expect(find({})).toBe(onPath);
  });

  test('where func-e keeps it, when the one on PATH is of another series', () => {
    plant('path/envoy', '1.39.0');
    const held = plant('data/envoy-versions/1.40.0/bin/envoy', '1.40.0');
    expect(find({})).toBe(held);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain('1.39.0');
  });

  test('by asking func-e', () => {
    const downloaded = plant('downloaded/envoy', '1.40.0');
    const command = plant('path/func-e', 'none');
    writeFileSync(command, `#!/bin/sh\n[ "$1" = which ] && [ "$ENVOY_VERSION" = 1.40.0 ] && echo "${downloaded}"\n`);
    expect(find({})).toBe(downloaded);
  });
});

test('no Envoy is found when func-e fails', () => {
  const command = plant('path/func-e', 'none');
  writeFileSync(command, '#!/bin/sh\nexit 1\n');
  expect(find({})).toBeUndefined();
});

test('an $ENVOY of another series, or that is no Envoy, is an error and not passed over', () => {
  expect(() => find({ ENVOY: plant('old/envoy', '1.39.0') })).toThrow('is 1.39.0');
  expect(() => find({ ENVOY: join(folder, 'missing') })).toThrow('no Envoy that runs here');
});
