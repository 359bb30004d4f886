import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What installing leaves behind is linked, because it is large and nobody writes to it; what building leaves is copied. */
const INSTALLED = 'node_modules';
const BUILT = 'build/.built build/*.wasm';

/** Makes a folder what a clone is after `make build`. It has to be on the file system of this one. */
export function copyRepository(folder: string): void {
  const listing = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const path of listing.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)))) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(ROOT, path), target);
    // Make compares them with what was installed and built.
    const { atime, mtime } = statSync(join(ROOT, path));
    utimesSync(target, atime, mtime);
  }
  const take = `cp -al --parents -t "$1" ${INSTALLED} && cp -a --parents -t "$1" ${BUILT}`;
  execFileSync('sh', ['-c', take, 'sh', folder], { cwd: ROOT });
}
