import type { ProjectFile } from './project-files.ts';

interface Rule {
  pattern: RegExp;
  reason: string;
}

const RULES: Rule[] = [
  {
    pattern:
      /\b(?:registry\.(?:npmjs|yarnpkg)|(?:proxy|sum)\.golang|(?:files\.)?pythonhosted|pypi|(?:static\.)?crates)\.(?:org|com|io)\b/,
    reason: 'names the host of a package registry; which one is used is for each machine to configure',
  },
  { pattern: /(?:^|[\s'"`(=:])\/(?:work|root|home\/\w+|Users\/\w+)\//m, reason: 'names a path of one machine' },
  { pattern: /^(?:<{7}|>{7}) /m, reason: 'holds the marks of a merge conflict' },
];

/** Lists files that hold what belongs to one machine, and so breaks on another. */
export function findForbiddenText(files: ProjectFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    RULES.flatMap(({ pattern, reason }) => {
      const match = pattern.exec(text);
      if (match === null) return [];
      const line = text.slice(0, match.index + 1).split('\n').length;
      return [`${path}:${line}: ${reason}`];
    }),
  );
}
