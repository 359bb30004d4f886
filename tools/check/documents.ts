import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import type { ProjectFile } from './project-files.ts';

const LINK = /\]\((?!https?:|mailto:|#)([^)\s#]+)(?:#[^)\s]*)?\)/g;
/** Inline code that is a path of ours; not with a placeholder or a pattern in it. */
const PATH = /`((?:control|docs|envoy|filter|test|tools|deploy|bench)\/[A-Za-z0-9_./-]*)`/g;
/** Pages are also pointed to from comments and messages. */
const PAGE = /\bdocs\/[a-z0-9-]+\.md\b/g;
const MAKE = /`make ([a-z][a-z0-9-]*)/g;

/** Lists what documents and comments point to but is not there: links, paths, pages, make targets. */
export function findBrokenReferences(files: ProjectFile[]): string[] {
  const makefile = files.find(({ path }) => path === 'Makefile')?.text ?? '';
  return files.flatMap((file) => {
    const problems = listPages(file).filter((page) => !existsSync(page));
    if (file.path.endsWith('.md')) {
      problems.push(...listPaths(file).filter((path) => !existsSync(path)));
      problems.push(
        ...listTargets(file)
          .filter((target) => !makefile.includes(`\n${target}:`))
          .map((target) => `make ${target}`),
      );
    }
    return [...new Set(problems)].map((missing) => `${file.path}: points to ${missing}, which is not there`);
  });
}

function listPages({ path, text }: ProjectFile): string[] {
  // This file's own patterns are no references.
  return path.startsWith('tools/check/') ? [] : capture(PAGE, text);
}

function listPaths({ path, text }: ProjectFile): string[] {
  const links = capture(LINK, text).map((target) => posix.join(posix.dirname(path), target));
  return [...links, ...capture(PATH, text)];
}

function listTargets({ text }: ProjectFile): string[] {
  return capture(MAKE, text);
}

function capture(pattern: RegExp, text: string): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[0]);
}
