import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Copies what git knows below these paths, as it is in the work tree, to a folder. */
export function copySources(target: string, paths: readonly string[]): void {
  const listing = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', ...paths],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  );
  for (const path of listing.split('\0').filter((each) => each !== '')) cpSync(join(ROOT, path), join(target, path));
}
