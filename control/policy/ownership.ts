import { shown } from '../config/problems.ts';

/**
 * Whether whoever owns `patterns` may claim a host.
 *
 * @param patterns `*`, `*.suffix` and exact names, in lower case
 * @param host what an entry claims, of the same kinds
 */
function ownsHost(patterns: readonly string[], host: string): boolean {
  return patterns.some(
    (pattern) => pattern === '*' || pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1))),
  );
}

/** @returns undefined where the host may be claimed; `owned` undefined: any may */
export function ownershipProblem(owned: readonly string[] | undefined, host: string): string | undefined {
  if (owned === undefined || ownsHost(owned, host)) return undefined;
  const theirs = owned.length === 0 ? 'no host' : owned.join(', ');
  return `claims the host ${shown(host)}, which its owner may not; it may claim ${theirs}`;
}
