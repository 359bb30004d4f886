import type { AccountRules } from '../config/kubernetes.ts';
import type { HeaderNames } from './header-names.ts';

const PLACEHOLDERS = /\{(source|namespace|name)\}([^{]*)(?=\{(source|namespace|name)\})/g;

/**
 * Refuses templates that could make one account of two callers: `{namespace}-{name}` says of `a-b-c` neither which it came
 * from, nor that it came from one alone.
 */
export function refuseAmbiguousAccounts({ map }: AccountRules, sources: readonly string[], names: HeaderNames): void {
  for (const template of new Set(map.flatMap(({ to }) => [to.namespace, to.name]))) {
    for (const [, before = '', between = '', after = ''] of template.matchAll(PLACEHOLDERS)) {
      if (isPlain(before, between, after, sources)) continue;
      names.problem(
        `accounts.map: ${template} could make one account of two callers; ${
          before === 'source' || after === 'source'
            ? `rename sources so that none of ${sources.join(', ')} goes on as another does`
            : 'put a dot between {namespace} and {name}, or use one of them'
        }`,
      );
    }
  }
  for (const source of new Set(map.flatMap(({ from }) => from.source ?? []))) {
    if (!sources.includes(source)) names.problem(`accounts.map: ${source} is none of its sources; name one of them`);
  }
}

/** Whether one can tell where the first of two parts ends. */
function isPlain(before: string, between: string, after: string, sources: readonly string[]): boolean {
  if (before === 'source')
    return !sources.some((one) => sources.some((other) => other !== one && other.startsWith(one + between)));
  if (after === 'source')
    return !sources.some((one) => sources.some((other) => other !== one && other.endsWith(between + one)));
  // A namespace has no dots (RFC 1123 label).
  return between.includes('.') && (before === 'namespace') !== (after === 'namespace');
}
