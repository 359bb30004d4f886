import type { Configuration, PassAction, PolicyEntry } from '../config/configuration.ts';
import { Problems } from '../config/problems.ts';
import { inputId, type Route, type RouteTable } from '../decide/route.ts';
import { BrokerError } from '../errors.ts';
import { compileCaller } from './caller-policy.ts';
import { compileClientCredentials } from './client-credentials.ts';
import { cacheMaterial, digestOf, issuerDigest, type Material, type ReadFile } from './digests.ts';
import { compileExchange } from './exchange.ts';
import { HeaderNames } from './header-names.ts';
import type { Keys } from './keys.ts';
import { createProvided, type Provided } from './providers.ts';
import { compileMatch, overlap } from './region.ts';

/** What the route table's encoding allows. */
const MAXIMUM_ROUTES = 10_000;

const ID = /^[A-Za-z0-9._-]{1,128}$/;

export interface CompileContext {
  readonly keys: Keys;
  readonly readFile: ReadFile;
}

interface EntryContext extends CompileContext {
  readonly provided: Provided;
}

type Match = Route['match'];

/** What kinds of routes add to their id and match; `material` is what the digest covers besides those. */
type Compiled =
  | Omit<Extract<Route, { kind: 'pass' }>, 'id' | 'digest' | 'match'>
  | Omit<Extract<Route, { kind: 'deny' }>, 'id' | 'digest' | 'match'>
  | Omit<Extract<Route, { kind: 'decide' }>, 'id' | 'digest' | 'match'>;

/**
 * Compiles all policy into the route table. Whatever its source, what comes out is valid: names that policy may never
 * use are refused here, and so are two entries that claim the same region.
 *
 * @throws ConfigurationError with everything that is wrong
 */
export function compile(configuration: Configuration, context: CompileContext): RouteTable {
  const problems = new Problems();
  const { entries, unmatched } = configuration.policy;
  if (entries.length > MAXIMUM_ROUTES) {
    problems.add('policy', `has ${entries.length} entries; the most is ${MAXIMUM_ROUTES}`);
  }
  refuseRepeatedIds(entries, problems);
  const provided = createProvided(configuration, context.readFile);
  const routes = entries.map((entry) => compileEntry(entry, configuration, { ...context, provided }, problems));
  refuseOverlaps(routes, problems);
  problems.throwIfAny();
  // By id, so that neither the order of the entries nor that of their sources changes anything.
  routes.sort((a, b) => (a.id < b.id ? -1 : 1));
  const revision = digestOf([unmatched, routes.map((route) => route.digest)]);
  return { revision, routes, unmatched };
}

function compileEntry(
  entry: PolicyEntry,
  configuration: Configuration,
  context: EntryContext,
  problems: Problems,
): Route {
  const setting = `policy entry ${entry.id}`;
  if (!ID.test(entry.id)) {
    problems.add(setting, 'needs an id of 1 to 128 letters, digits and . _ -');
  }
  const match = compileMatch(entry.match, setting, problems);
  const { compiled, material } = compileAction(entry, configuration, context, problems);
  const digest = digestOf([
    entry.id,
    matchMaterial(match),
    compiled.kind,
    [...compiled.strip],
    [...compiled.stripCookies],
    material,
  ]);
  return { id: entry.id, digest, match, ...compiled };
}

function compileAction(
  { action, id }: PolicyEntry,
  configuration: Configuration,
  context: EntryContext,
  problems: Problems,
): { compiled: Compiled; material: Material } {
  const names = new HeaderNames(`policy entry ${id}`, problems);
  switch (action.kind) {
    case 'pass':
      return compilePass(action, context.provided, names);
    case 'deny': {
      const { status, message } = new BrokerError('policy_denied');
      const body = `${message}\n`;
      return { compiled: { kind: 'deny', status, body, strip: [], stripCookies: [] }, material: [status, body] };
    }
    case 'clientCredentials':
    case 'exchange': {
      const issuer = configuration.issuers.get(action.issuer);
      if (issuer === undefined) {
        const known = [...configuration.issuers.keys()].join(', ') || 'there are none';
        problems.add(`policy entry ${id}`, `names an issuer ${action.issuer} that does not exist; known: ${known}`);
      }
      const issuerMaterial = issuer === undefined ? '' : issuerDigest(issuer, context.keys, context.readFile);
      const caller = compileCaller(action.authenticate, context.provided, names);
      const { compiled, material } =
        action.kind === 'exchange'
          ? compileExchange(action, caller, issuer, issuerMaterial, context.keys, names)
          : compileClientCredentials(action, caller, issuerMaterial, context.keys, names);
      return { compiled, material: [material, cacheMaterial(configuration)] };
    }
  }
}

/** Without a caller to authenticate there is nothing to decide. */
function compilePass(
  { strip, authenticate }: PassAction,
  provided: Provided,
  names: HeaderNames,
): { compiled: Compiled; material: Material } {
  if (authenticate === undefined) {
    return { compiled: { kind: 'pass', strip: names.list('strip', strip), stripCookies: [] }, material: null };
  }
  const caller = compileCaller(authenticate, provided, names);
  names.refuseShared(caller.inputs.map(inputId));
  const compiled: Compiled = {
    kind: 'decide',
    inputs: caller.inputs,
    strip: names.list('strip', [...caller.strip, ...strip]),
    stripCookies: caller.stripCookies,
    authentication: caller.policy,
    action: undefined,
  };
  return { compiled, material: caller.material };
}

function refuseRepeatedIds(entries: readonly PolicyEntry[], problems: Problems): void {
  const seen = new Set<string>();
  for (const { id } of entries) {
    if (seen.has(id)) {
      problems.add(`policy entry ${id}`, 'comes twice; give each entry an id of its own');
    }
    seen.add(id);
  }
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

function matchMaterial({ host, pathPrefix, methods }: Match): Material {
  return [host, pathPrefix, [...methods]];
}
