import type { Configuration, IssuerConfiguration } from '../config/configuration.ts';
import { DEFAULT_EXCHANGE, DEFAULT_REALM } from '../config/issuer-settings.ts';
import { loadConfiguration } from '../config/load.ts';
import type { PolicyDocumentSource } from '../config/policy-source.ts';
import type { ProviderConfiguration } from '../config/provider.ts';
import type { ReadSecret } from '../config/secret-reference.ts';
import { parseYaml } from '../config/validate-document.ts';
import { type BuiltPolicy, PolicyBuilder } from '../policy/build-policy.ts';
import { deriveKeys, type Keys, randomRoot } from '../policy/keys.ts';
import { readPolicyFiles } from '../policy/sources/policy-files.ts';
import { Secret } from '../secret.ts';
import type { CommandIo } from './command.ts';

export interface OfflinePolicy {
  readonly built: BuiltPolicy;
  readonly keys: Keys;
}

/**
 * Builds policy from files as control would, without a cluster and without asking anyone.
 *
 * @param files documents of policy, or folders of them
 * @param config the operator's configuration; undefined: whatever issuers and providers the documents name exist
 * @param list names of what is in a folder. @throws ENOTDIR when it is a file
 * @throws ConfigurationError with what is wrong with the operator's configuration
 */
export async function buildOffline(
  files: readonly string[],
  config: string | undefined,
  { environment, readFile, now }: CommandIo,
  list: (path: string) => readonly string[],
): Promise<OfflinePolicy> {
  const reader = { read: readFile, list };
  const given = files.map((path) => ({ path, hosts: undefined, trusted: false }));
  const documents = readPolicyFiles(given, reader, undefined);
  const configuration =
    config === undefined
      ? permissive(documents)
      : await loadConfiguration({ ...SOME_CLUSTER, ...environment }, readFile, config, readSecret);
  const operator = { environment, readFile, clusters: configuration.clusters, readSecret };
  const all = [...readPolicyFiles(configuration.policy.files, reader, operator), ...documents];
  const keys = deriveKeys(undefined, randomRoot());
  return { built: new PolicyBuilder().build(configuration, all, { keys, readFile }, now()), keys };
}

/** So that what is written for a pod can be checked anywhere. */
const SOME_CLUSTER = { KUBERNETES_SERVICE_HOST: 'kubernetes.invalid', KUBERNETES_SERVICE_PORT: '443' };

/** Every Secret is there, and holds something under every key. */
const readSecret: ReadSecret = () => ({ get: () => new Secret('unknown') });

/** A configuration in which everything exists that documents refer to. */
function permissive(documents: readonly PolicyDocumentSource[]): Configuration {
  const named = namesIn(documents);
  const off = { check: undefined, filter: undefined, grpc: undefined, admin: undefined };
  return {
    listeners: off,
    logLevel: 'error',
    shutdownTimeout: 0,
    audit: undefined,
    tracing: undefined,
    propagation: { traceContext: false, baggage: false },
    metricExport: undefined,
    cache: { maximumEntries: 1, cleanupInterval: 1, safetyMargin: 1, key: undefined },
    issuers: new Map(named.issuers.map((name) => [name, issuerNamed(name)])),
    providers: new Map(named.providers.map((name) => [name, providerNamed(name)])),
    policy: {
      ...{ entries: [], files: [], configMaps: undefined, revocations: [], unmatched: 'deny', refusals: 'plain' },
      unauthenticatedOptions: 'preflight',
    },
    clusters: new Map(),
    warnings: [],
  };
}

function namesIn(documents: readonly PolicyDocumentSource[]): { issuers: string[]; providers: string[] } {
  const issuers = new Set<string>();
  const providers = new Set<string>();
  for (const { content } of documents) {
    JSON.stringify(content.kind === 'text' ? parsed(content.text) : null, (name, value) => {
      if (name === 'issuerRef' && typeof value === 'string') issuers.add(value);
      if (name === 'providers' && Array.isArray(value)) for (const each of value) providers.add(String(each));
      return value;
    });
  }
  return { issuers: [...issuers], providers: [...providers] };
}

function parsed(text: string): unknown {
  try {
    return parseYaml(text);
  } catch {
    // What is wrong with it is told when it is built.
    return null;
  }
}

function issuerNamed(name: string): IssuerConfiguration {
  return {
    name,
    tokenEndpoint: new URL('https://issuer.invalid/token'),
    timeout: 1,
    caFile: undefined,
    clientAuthentication: { method: 'client_secret_basic' },
    client: { id: new Secret('client'), secret: new Secret('secret') },
    extraParameters: new Map(),
    exchange: DEFAULT_EXCHANGE,
    realm: DEFAULT_REALM,
    showErrors: false,
    budget: { concurrency: 1, rate: 1, burst: 1, breakerFailures: 1, breakerOpen: 1 },
  };
}

function providerNamed(name: string): ProviderConfiguration {
  return {
    name,
    issuers: [],
    audiences: [],
    algorithms: [],
    keys: { remote: undefined, local: '{"keys":[]}' },
    clockSkew: 0,
    checkIssuedAt: true,
    type: undefined,
    requiredClaims: [],
    maximumBytes: 16_384,
  };
}
