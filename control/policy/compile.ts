import type {
  Configuration,
  IssuerConfiguration,
  PassAction,
  PolicyEntry,
  UnauthenticatedOptions,
} from '../config/configuration.ts';
import { DEFAULT_REALM } from '../config/issuer-settings.ts';
import type { Problems } from '../config/problems.ts';
import { refusalBody } from '../decide/refusal-format.ts';
import { inputId, type Route } from '../decide/route.ts';
import { BrokerError } from '../errors.ts';
import { compileCaller } from './caller-policy.ts';
import { type CompiledToken, compileClientCredentials } from './client-credentials.ts';
import { cacheMaterial, digestOf, issuerDigest, type Material, type ReadFile } from './digests.ts';
import { compileExchange } from './exchange.ts';
import { HeaderNames } from './header-names.ts';
import type { Keys } from './keys.ts';
import { compileKubernetes } from './kubernetes.ts';
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
  // Keys of their own, so that what is remembered for them ends with this compiler.
  const keys = { ...context.keys };
  const provided = createProvided(configuration, context.readFile);
  const digests = new Map(
    [...configuration.issuers.values()].map((issuer) => [issuer, issuerDigest(issuer, keys, context.readFile)]),
  );
  const digestOfIssuer = (issuer: IssuerConfiguration | undefined) => (issuer && digests.get(issuer)) ?? '';
  return (entry, problems) => {
    if (!ID.test(entry.id)) {
      problems.add(entry.setting, 'needs an id of 1 to 128 letters, digits and . _ -');
    }
    const match = compileMatch(entry.match, entry.setting, problems);
    const { compiled, material } = compileAction(
      entry,
      configuration,
      { ...context, keys, provided, digestOfIssuer },
      problems,
    );
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
  /** A digest of an issuer, empty where there is none. */
  readonly digestOfIssuer: (issuer: IssuerConfiguration | undefined) => string;
}

function compileAction(
  entry: PolicyEntry,
  configuration: Configuration,
  context: EntryContext,
  problems: Problems,
): { compiled: Compiled; material: Material } {
  const { action, setting } = entry;
  const { refusals: format } = configuration.policy;
  const names = new HeaderNames(setting, problems);
  switch (action.kind) {
    case 'pass':
      return compilePass(entry, action, configuration, context, names);
    case 'deny': {
      const refusal = new BrokerError('policy_denied');
      const { code, status } = refusal;
      const body = refusalBody(refusal, format);
      return { compiled: { kind: 'deny', code, status, body, strip: [], stripCookies: [] }, material: [status, body] };
    }
    case 'clientCredentials':
    case 'exchange': {
      const { keys, provided, digestOfIssuer } = context;
      const issuer = configuration.issuers.get(action.issuer);
      if (issuer === undefined) {
        const known = [...configuration.issuers.keys()].join(', ') || 'there are none';
        problems.add(setting, `names an issuer ${action.issuer} that does not exist; known: ${known}`);
      }
      if (action.kind === 'clientCredentials' && action.needsSecret) refuseOperatorsKey(issuer, names);
      const issuerMaterial = digestOfIssuer(issuer);
      const caller = compileCaller(action.authenticate, provided, format, names);
      const compiled =
        action.kind === 'exchange'
          ? compileExchange(action, caller, issuer, issuerMaterial, keys, format, names)
          : compileClientCredentials(action, caller, issuerMaterial, keys, format, names);
      return compileToken(compiled, entry, configuration, issuer?.realm ?? DEFAULT_REALM);
    }
    case 'kubernetes': {
      const { clusters } = configuration;
      const { provided, readFile } = context;
      const caller = compileCaller(action.authenticate, provided, format, names);
      const compiled = compileKubernetes(action, caller, { clusters, provided, readFile, format }, names);
      return compileToken(compiled, entry, configuration, DEFAULT_REALM);
    }
  }
}

/** What every action that obtains a token has. */
function compileToken(
  { compiled, material }: { compiled: CompiledToken; material: Material },
  entry: PolicyEntry,
  configuration: Configuration,
  realm: string,
): { compiled: Compiled; material: Material } {
  const answers = { options: optionsOf(entry, configuration), realm };
  return {
    compiled: { ...compiled, ...answers },
    material: [material, cacheMaterial(configuration), answers.options, answers.realm, configuration.policy.refusals],
  };
}

/** Browsers ask before they send a caller's token elsewhere, and ask without it. */
function optionsOf({ unauthenticatedOptions, action }: PolicyEntry, { policy }: Configuration): UnauthenticatedOptions {
  if (unauthenticatedOptions !== undefined) return unauthenticatedOptions;
  const { workloads = [], envoyClaims = [] } = (action.kind === 'deny' ? undefined : action.authenticate) ?? {};
  const judgesMore = workloads.length > 0 || envoyClaims.length > 0;
  return action.kind === 'exchange' && !judgesMore ? policy.unauthenticatedOptions : 'decide';
}

/** With it a team, or whoever names a client in a header, would be any client that the operator's key speaks for. */
function refuseOperatorsKey(issuer: IssuerConfiguration | undefined, names: HeaderNames): void {
  const { method } = issuer?.clientAuthentication ?? {};
  if (method === undefined || method.startsWith('client_secret_')) return;
  names.problem(
    `clientCredentials asks for tokens by the operator's own ${method}, and is for the operator's configuration alone; remove the entry, or name an issuer whose clients have secrets`,
  );
}

/** Without a caller to authenticate there is nothing to decide. */
function compilePass(
  entry: PolicyEntry,
  { strip, authenticate }: PassAction,
  configuration: Configuration,
  { provided }: EntryContext,
  names: HeaderNames,
): { compiled: Compiled; material: Material } {
  if (authenticate === undefined) {
    return { compiled: { kind: 'pass', strip: names.list('strip', strip), stripCookies: [] }, material: null };
  }
  const { refusals: format } = configuration.policy;
  const caller = compileCaller(authenticate, provided, format, names);
  names.refuseShared(caller.inputs.map(inputId));
  const options = optionsOf(entry, configuration);
  const compiled: Compiled = {
    kind: 'decide',
    inputs: caller.inputs,
    options,
    realm: DEFAULT_REALM,
    strip: names.list('strip', [...caller.strip, ...strip]),
    stripCookies: caller.stripCookies,
    authentication: caller.policy,
    action: undefined,
  };
  return { compiled, material: [caller.material, options, format] };
}

export function matchMaterial({ host, pathPrefix, methods }: Match): Material {
  return [host, pathPrefix, [...methods]];
}
