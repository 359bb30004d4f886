import { join } from 'node:path';
import type { ClusterConfiguration } from '../config/cluster.ts';
import type { Configuration } from '../config/configuration.ts';
import type { AccountSourceConfiguration, KubernetesAction } from '../config/kubernetes.ts';
import type { RefusalFormat } from '../decide/refusal-format.ts';
import { type AccountExchange, type AccountSource, inputId } from '../decide/route.ts';
import { refuseAmbiguousAccounts } from './account-templates.ts';
import type { CompiledCaller } from './caller-policy.ts';
import { type CompiledToken, refuseConflicts } from './client-credentials.ts';
import { digestOf, type Material, type ReadFile } from './digests.ts';
import type { HeaderNames } from './header-names.ts';
import { inputRefusal } from './input-refusal.ts';
import type { Provided } from './providers.ts';
import { BEARER, compileTokenPlace } from './token-place.ts';

interface Context {
  readonly clusters: Configuration['clusters'];
  readonly provided: Provided;
  readonly readFile: ReadFile;
  readonly format: RefusalFormat;
}

/** @param caller what else whoever uses the entry must show */
export function compileKubernetes(
  action: KubernetesAction,
  caller: CompiledCaller,
  context: Context,
  names: HeaderNames,
): { compiled: CompiledToken; material: Material } {
  const sources = action.sources.map((source) => compileSource(source, context, names));
  refuseUnclearSources(sources, names);
  refuseAmbiguousAccounts(
    action.accounts,
    sources.map(({ name }) => name),
    names,
  );
  if (caller.policy !== undefined && caller.policy.providers.length > 0) {
    names.problem('authenticate: providers is not used by action kubernetes; name the provider as one of its sources');
  }
  const target = findCluster(action.target, context.clusters, names);
  const { subjectToken = BEARER, accounts, audiences, expirationSeconds, maximumDecisionAge } = action;
  const place = compileTokenPlace(
    'subjectToken',
    subjectToken,
    inputRefusal('subject_token_invalid', context.format),
    names,
  );
  const inputs = [...caller.inputs, place.input];
  names.refuseShared(inputs.map(inputId));
  const authorizationHeader = names.one('authorizationHeader', action.authorizationHeader);
  refuseConflicts(action, caller, [authorizationHeader], names);
  const exchange: AccountExchange = {
    kind: 'kubernetes',
    issuer: action.target,
    issuerDigest: target === undefined ? '' : clusterDigest(target, context.readFile),
    subjectToken: place,
    ...{ sources, audiences, expirationSeconds, accounts, maximumDecisionAge, authorizationHeader },
    tokenHeaders: [],
  };
  const read = place.input;
  return {
    compiled: {
      kind: 'decide',
      inputs,
      strip: names.list('strip', [...caller.strip, ...(read.source === 'header' ? [read.name] : []), ...action.strip]),
      stripCookies: [...caller.stripCookies, ...(read.source === 'cookie' ? [read.name] : [])],
      authentication: caller.policy,
      action: exchange,
    },
    material: [JSON.stringify(exchange), caller.material],
  };
}

function compileSource(source: AccountSourceConfiguration, context: Context, names: HeaderNames): AccountSource {
  const { kind, name } = source;
  if (source.kind === 'keys') {
    const [provider] = context.provided.find([name], names);
    if (provider !== undefined && provider.issuers.length === 0) {
      names.problem(
        `takes tokens of the provider ${name}, which names no issuer that they are known by; set its issuer`,
      );
    }
    const digest = provider === undefined ? '' : digestOf(context.provided.material(provider));
    return { kind, name, issuers: provider?.issuers ?? [], audiences: [], digest };
  }
  const cluster = findCluster(name, context.clusters, names);
  const digest = cluster === undefined ? '' : clusterDigest(cluster, context.readFile);
  return { kind, name, issuers: cluster?.issuers ?? [], audiences: source.audiences, digest };
}

/** Which source a token is of must be plain, and the only one to see it. */
function refuseUnclearSources(sources: readonly AccountSource[], names: HeaderNames): void {
  if (sources.length > 1) {
    for (const { name } of sources.filter(({ issuers, kind }) => kind === 'review' && issuers.length === 0)) {
      names.problem(
        `has several sources, and nobody can tell which tokens are those of the cluster ${name}; set its issuer`,
      );
    }
  }
  const seen = new Map<string, string>();
  for (const { name, issuers } of sources) {
    for (const issuer of issuers) {
      const other = seen.get(issuer);
      if (other !== undefined)
        names.problem(`has two sources with the issuer ${issuer}: ${other} and ${name}; leave one`);
      seen.set(issuer, name);
    }
  }
  names.refuseRepeated(
    'names as a source',
    sources.map(({ name }) => name),
  );
}

function findCluster(
  name: string,
  clusters: Configuration['clusters'],
  names: HeaderNames,
): ClusterConfiguration | undefined {
  const cluster = clusters.get(name);
  if (cluster === undefined) {
    const known = [...clusters.keys()].join(', ') || 'there are none';
    names.problem(`names a cluster ${name} that does not exist; known: ${known}`);
  }
  return cluster;
}

/**
 * All that decides which cluster it is. A kubeconfig counts with everything in it; a token in a file of its own is left out,
 * because it changes whenever it is kept fresh.
 */
function clusterDigest({ name, access, issuers }: ClusterConfiguration, readFile: ReadFile): string {
  const { file, ...rest } = { file: identifyingFile(access), ...access };
  return digestOf([
    name,
    JSON.stringify(rest),
    [...(issuers ?? [])],
    file === undefined ? null : contentOf(file, readFile),
  ]);
}

function identifyingFile(access: ClusterConfiguration['access']): string | undefined {
  switch (access.kind) {
    case 'inCluster':
      return join(access.folder, 'ca.crt');
    case 'kubeconfig':
      return access.file;
    case 'url':
      return access.caFile;
  }
}

/** A file that is not there yet keeps nothing from starting: its cluster does not answer until it comes. */
function contentOf(path: string, readFile: ReadFile): string | null {
  try {
    return digestOf([readFile(path).toString('latin1')]);
  } catch {
    return null;
  }
}
