import type { Configuration, PassAction, PolicyEntry } from '../config/configuration.ts';
import type { Problems } from '../config/problems.ts';
import { inputId, type Route } from '../decide/route.ts';
import { BrokerError } from '../errors.ts';
import { compileCaller } from './caller-policy.ts';
import { compileClientCredentials } from './client-credentials.ts';
import { cacheMaterial, digestOf, issuerDigest, type Material, type ReadFile } from './digests.ts';
import { compileExchange } from './exchange.ts';
import { HeaderNames } from './header-names.ts';
import type { Keys } from './keys.ts';
import { createProvided, type Provided } from './providers.ts';
import { compileMatch } from './region.ts';

const ID = /^[A-Za-z0-9._-]{1,128}$/;

export interface CompileContext {
  readonly keys: Keys;
  readonly readFile: ReadFile;
}

type Match = Route['match'];

/** What kinds of routes add to their id and match; `material` is what the digest covers besides those. */
type Compiled =
  | Omit<Extract<Route, { kind: 'pass' }>, 'id' | 'digest' | 'match'>
  | Omit<Extract<Route, { kind: 'deny' }>, 'id' | 'digest' | 'match'>
  | Omit<Extract<Route, { kind: 'decide' }>, 'id' | 'digest' | 'match'>;

/** Compiles entries of one configuration, one at a time; names that policy may never use are refused here. */
export type CompileEntry = (entry: PolicyEntry, problems: Problems) => Route;

export function createCompiler(configuration: Configuration, context: CompileContext): CompileEntry {
  const provided = createProvided(configuration, context.readFile);
  return (entry, problems) => {
    if (!ID.test(entry.id)) {
      problems.add(entry.setting, 'needs an id of 1 to 128 letters, digits and . _ -');
    }
    const match = compileMatch(entry.match, entry.setting, problems);
    const { compiled, material } = compileAction(entry, configuration, { ...context, provided }, problems);
    const digest = digestOf([
      entry.id,
      matchMaterial(match),
      compiled.kind,
      [...compiled.strip],
      [...compiled.stripCookies],
      material,
    ]);
    return { id: entry.id, digest, match, ...compiled };
  };
}

interface EntryContext extends CompileContext {
  readonly provided: Provided;
}

function compileAction(
  { action, setting }: PolicyEntry,
  configuration: Configuration,
  context: EntryContext,
  problems: Problems,
): { compiled: Compiled; material: Material } {
  const names = new HeaderNames(setting, problems);
  switch (action.kind) {
    case 'pass':
      return compilePass(action, context.provided, names);
    case 'deny': {
      const { code, status, message } = new BrokerError('policy_denied');
      const body = `${message}\n`;
      return { compiled: { kind: 'deny', code, status, body, strip: [], stripCookies: [] }, material: [status, body] };
    }
    case 'clientCredentials':
    case 'exchange': {
      const issuer = configuration.issuers.get(action.issuer);
      if (issuer === undefined) {
        const known = [...configuration.issuers.keys()].join(', ') || 'there are none';
        problems.add(setting, `names an issuer ${action.issuer} that does not exist; known: ${known}`);
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

export function matchMaterial({ host, pathPrefix, methods }: Match): Material {
  return [host, pathPrefix, [...methods]];
}
