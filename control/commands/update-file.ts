import { chmodSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Changes a file so that readers see it whole, as it was or as it is now.
 *
 * @param change gets undefined when there is no file yet
 * @throws errors of node:fs, and whatever `change` throws
 */
export function updateFile(
  path: string,
  readFile: (path: string) => Buffer,
  change: (text: string | undefined) => string,
): void {
  const found = statSync(path, { throwIfNoEntry: false });
  const after = change(found === undefined ? undefined : readFile(path).toString('utf8'));
  const unfinished = join(dirname(path), `.${process.pid}-${Date.now()}.tmp`);
  writeFileSync(unfinished, after, { flush: true });
  if (found !== undefined) chmodSync(unfinished, found.mode & 0o7777);
  renameSync(unfinished, path);
}
