import type { Configuration } from '../config/configuration.ts';
import { Problems } from '../config/problems.ts';
import type { Route } from '../decide/route.ts';
import type { CompileEntry } from './compile.ts';
import { overlap } from './region.ts';

/**
 * Compiles the operator's own entries, which must all be good.
 *
 * @param maximum entries
 * @throws ConfigurationError with everything that is wrong
 */
export function compileOwn({ policy }: Configuration, compile: CompileEntry, maximum: number): readonly Route[] {
  const { entries } = policy;
  const problems = new Problems();
  if (entries.length > maximum) problems.add('policy', `has ${entries.length} entries; the most is ${maximum}`);
  const seen = new Set<string>();
  for (const { id, setting } of entries) {
    if (seen.has(id)) problems.add(setting, 'comes twice; give each entry an id of its own');
    seen.add(id);
  }
  const routes = entries.map((entry) => compile(entry, problems));
  refuseOverlaps(routes, problems);
  problems.throwIfAny();
  return routes;
}

function refuseOverlaps(routes: readonly Route[], problems: Problems): void {
  const regions = Map.groupBy(routes, ({ match }) => `${match.host} ${match.pathPrefix}`);
  for (const group of regions.values()) {
    for (const [index, route] of group.entries()) {
      for (const other of group.slice(index + 1).filter((candidate) => overlap(route.match, candidate.match))) {
        problems.add(
          `policy entry ${route.id}`,
          `claims the same host, path and methods as policy entry ${other.id}; remove one, or narrow its match`,
        );
      }
    }
  }
}
