import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findTooLarge, LARGEST, measureModules } from '../../tools/size/modules.ts';
import { copySources, ROOT } from './support/copy-sources.ts';

const MODULES = ['filter', 'filter-request-only', 'matcher'];

/** Compiles the filter in a folder of its own, and returns what came out. */
function build(folder: string): Buffer[] {
  mkdirSync(folder, { recursive: true });
  copySources(folder, ['filter', 'asconfig.json', 'package.json']);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: folder, stdio: 'ignore' });
  return MODULES.map((name) => readFileSync(join(folder, 'build', `${name}.wasm`)));
}

test('a build in another folder gives the same bytes', () => {
  const root = mkdtempSync(join(tmpdir(), 'module-'));
  const again = build(join(root, 'another/one that is deeper'));
  rmSync(root, { recursive: true });
  for (const [index, name] of MODULES.entries()) {
    expect(again[index]?.equals(readFileSync(join(ROOT, 'build', `${name}.wasm`)))).toBe(true);
  }
}, 300_000);

test('the modules are small, and one that is not is told of', () => {
  expect(findTooLarge(measureModules())).toEqual([]);
  expect(findTooLarge([{ name: 'filter', raw: LARGEST.raw + 1, gzip: LARGEST.gzip }])).toEqual([
    `filter: ${LARGEST.raw + 1} bytes raw, and ${LARGEST.raw} at most`,
  ]);
});

test('a module has nothing in it of the machine that compiled it', () => {
  for (const name of MODULES) {
    const code = readFileSync(join(ROOT, 'build', `${name}.wasm`), 'latin1');
    // The latter is how AssemblyScript stores texts.
    for (const text of [ROOT, [...ROOT].join('\0')]) expect(code).not.toContain(text);
  }
});
