import type { ClusterConfiguration } from './cluster.ts';
import { checkSelector } from './label-selector.ts';
import type { Problems } from './problems.ts';
import { IN_CLUSTER } from './read-clusters.ts';
import { unknownCluster } from './secret-reference.ts';

/** Which ConfigMaps hold policy documents, and what these may claim. */
export interface PolicyConfigMaps {
  readonly cluster: ClusterConfiguration;
  /** As in `kubectl --selector`. */
  readonly selector: string;
  readonly namespaces:
    | { readonly kind: 'names'; readonly names: readonly string[] }
    | { readonly kind: 'labels'; readonly selector: string };
  /** Which member of a ConfigMap's `data` is the document. */
  readonly key: string;
  /** By namespace, hosts that its documents may claim, in lower case; undefined: any namespace any host. */
  readonly hosts: ReadonlyMap<string, readonly string[]> | undefined;
  /** Namespaces whose documents are the operator's own. */
  readonly trustedNamespaces: ReadonlySet<string>;
}

/** `policy.configMaps`, with the schema's defaults. */
export interface ConfigMapsDocument {
  readonly cluster?: string;
  readonly selector: string;
  readonly namespaceSelector?: string;
  readonly namespaces?: readonly string[];
  readonly key: string;
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  readonly trustedNamespaces: readonly string[];
}

const SETTING = 'policy.configMaps';

/** ext-authz-token-exchange's label for namespaces with policy. */
const NAMESPACE_SELECTOR = 'ext-authz-token-exchange.magneticflux.net/policy=enabled';

interface ConfigMapsContext {
  readonly clusters: ReadonlyMap<string, ClusterConfiguration>;
  readonly problems: Problems;
  /** As problems name the two. */
  readonly settings?: { readonly selector: string; readonly namespaceSelector: string };
}

const SETTINGS = { selector: `${SETTING}.selector`, namespaceSelector: `${SETTING}.namespaceSelector` };

/** @returns undefined after a problem */
export function readConfigMaps(
  document: ConfigMapsDocument,
  { clusters, problems, settings = SETTINGS }: ConfigMapsContext,
): PolicyConfigMaps | undefined {
  const { selector, namespaces, namespaceSelector = NAMESPACE_SELECTOR, key, hosts, trustedNamespaces } = document;
  if (namespaces !== undefined && document.namespaceSelector !== undefined) {
    problems.add(`${SETTING}.namespaces`, 'stands beside namespaceSelector; keep one of the two');
  }
  checkSelector(settings.selector, selector, problems);
  checkSelector(settings.namespaceSelector, namespaceSelector, problems);
  const name = document.cluster ?? IN_CLUSTER;
  const cluster = clusters.get(name);
  if (cluster === undefined) {
    problems.add(`${SETTING}.cluster`, unknownCluster(name));
    return undefined;
  }
  return {
    cluster,
    selector,
    namespaces: namespaces ? { kind: 'names', names: namespaces } : { kind: 'labels', selector: namespaceSelector },
    key,
    hosts: hosts && new Map(Object.entries(hosts).map(([namespace, theirs]) => [namespace, theirs.map(lower)])),
    trustedNamespaces: new Set(trustedNamespaces),
  };
}

/** What nobody notices until one team takes another's host. */
export function configMapWarnings(
  configMaps: PolicyConfigMaps | undefined,
  setting = `${SETTING}.hosts`,
): readonly string[] {
  if (configMaps === undefined || configMaps.hosts !== undefined) return [];
  return [
    `${setting} does not say which namespaces may claim which hosts, so that each may claim any: list them to keep teams apart`,
  ];
}

function lower(text: string): string {
  return text.toLowerCase();
}
