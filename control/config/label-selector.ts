import type { Problems } from './problems.ts';

/** An equality (`a=b`, `a!=b`), a set (`a in (b, c)`), or a mere name (`a`, `!a`). */
const REQUIREMENT = /^(!?\s*[\w./-]+|[\w./-]+\s*(==?|!=)\s*[\w.-]*|[\w./-]+\s+(not)?in\s*\([\w.,\s-]+\))$/;
const COMMA_OUTSIDE_SETS = /,(?![^(]*\))/;

/**
 * Refuses what is no label selector, in Kubernetes' own notation. An API server would refuse it too, but only later, and
 * again and again.
 */
export function checkSelector(setting: string, selector: string, problems: Problems): void {
  const isGood = selector.split(COMMA_OUTSIDE_SETS).every((requirement) => REQUIREMENT.test(requirement.trim()));
  if (!isGood) problems.add(setting, 'is no label selector; write it as for kubectl --selector');
}
