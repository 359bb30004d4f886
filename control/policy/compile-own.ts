import type { Configuration } from '../config/configuration.ts';
import { Problems } from '../config/problems.ts';
import type { Route } from '../decide/route.ts';
import type { CompileEntry } from './compile.ts';
import { encodedBytes, MAXIMUM_TABLE_BYTES } from './encode.ts';
import { overlap } from './region.ts';

/** Some of the table is left to what revocations make of entries: a refusal's body is longer than nothing. */
const MAXIMUM_BYTES = MAXIMUM_TABLE_BYTES - 2 * 1024 * 1024;

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
  const bytes = encodedBytes(routes);
  if (bytes > MAXIMUM_BYTES) {
    problems.add(
      'policy',
      `takes ${bytes} bytes of the route table; the most is ${MAXIMUM_BYTES}: strip fewer headers`,
    );
  }
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
