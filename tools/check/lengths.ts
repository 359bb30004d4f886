import type { ProjectFile } from './project-files.ts';

const MAXIMUM_LINES = 400;
const CODE = /(?:^|\/)Makefile$|\.(?:ts|js|go|sh|yaml|yml)$/;

/** Lists files of code that have grown past what one reader holds in mind. */
export function findLongFiles(files: ProjectFile[]): string[] {
  return files
    .filter(({ path }) => CODE.test(path))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAXIMUM_LINES)
    .map(({ path, lines }) => `${path}: ${lines} lines; split it by what it does (at most ${MAXIMUM_LINES})`);
}
