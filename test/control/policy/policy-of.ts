import type { ClientCredentialsAction, Configuration, PolicyEntry } from '../../../control/config/configuration.ts';
import { readEnvironment } from '../../../control/config/environment.ts';
import { ConfigurationError } from '../../../control/config/problems.ts';
import type { RouteTable } from '../../../control/decide/route.ts';
import { PolicyBuilder } from '../../../control/policy/build-policy.ts';
import { deriveKeys, type Keys, randomRoot } from '../../../control/policy/keys.ts';
import { Secret } from '../../../control/secret.ts';

const KEYS = deriveKeys(new Secret('k'.repeat(32)), randomRoot());

const noFile = (path: string): Buffer => {
  throw new Error(`no file ${path}`);
};

/** A policy entry, with what a test does not care about left out. */
export function entry(
  id: string,
  match: Partial<PolicyEntry['match']> = {},
  action: Partial<ClientCredentialsAction> | { readonly kind: 'pass' | 'deny'; readonly strip?: string[] } = {},
): PolicyEntry {
  const credentials: ClientCredentialsAction = {
    kind: 'clientCredentials',
    issuer: 'dex',
    clientId: { from: 'header', header: 'x-client-id' },
    clientSecret: { from: 'header', header: 'x-client-secret' },
    scope: undefined,
    authorizationHeader: 'authorization',
    tokenHeaders: [],
    strip: [],
  };
  const whole =
    action.kind === 'pass' || action.kind === 'deny'
      ? { strip: [], ...action }
      : { ...credentials, ...(action as Partial<ClientCredentialsAction>) };
  return {
    id,
    setting: `policy entry ${id}`,
    match: { host: '*', pathPrefix: '/', methods: [], ...match },
    unauthenticatedOptions: undefined,
    action: whole as PolicyEntry['action'],
  };
}

export interface CompileOptions {
  readonly unmatched?: 'pass' | 'deny';
  readonly keys?: Keys;
  readonly environment?: Readonly<Record<string, string>>;
  readonly readFile?: (path: string) => Buffer;
  readonly change?: (configuration: Configuration) => Configuration;
}

/** Compiles entries within an otherwise default configuration. */
export function compileEntries(entries: readonly PolicyEntry[], options: CompileOptions = {}): RouteTable {
  const { unmatched = 'deny', keys = KEYS, environment = {}, readFile = noFile, change = (same) => same } = options;
  const configuration = change(readEnvironment(environment, noFile));
  const whole = { ...configuration, policy: { ...configuration.policy, entries, unmatched } };
  return new PolicyBuilder().build(whole, [], { keys, readFile }, 0).table;
}

/** What is wrong with entries, one line each. */
export function problemsOf(entries: readonly PolicyEntry[]): string[] {
  try {
    compileEntries(entries);
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.problems.map(({ setting, message }) => `${setting}: ${message}`);
    }
    throw error;
  }
  return [];
}
