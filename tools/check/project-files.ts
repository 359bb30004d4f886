import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** A text file of the project. */
export interface ProjectFile {
  /** From the root, with forward slashes. */
  path: string;
  text: string;
}

const TEXT =
  /(?:^|\/)(?:Makefile|Dockerfile|\.gitignore|\.npmrc)$|\.(?:ts|js|go|json|jsonc|md|txt|yaml|yml|sh|mod|proto)$|^\.ci\//;

/** Reads every text file that git tracks or would track. */
export function readProjectFiles(): ProjectFile[] {
  const listing = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    encoding: 'utf8',
  });
  const paths = listing.split('\0').filter((path) => TEXT.test(path) && existsSync(path));
  return paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}
