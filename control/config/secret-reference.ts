import type { Secret } from '../secret.ts';
import type { ClusterConfiguration } from './cluster.ts';
import { IN_CLUSTER } from './read-clusters.ts';

/** Names a key of a Secret of Kubernetes. */
export interface SecretReferenceDocument {
  readonly name: string;
  readonly key: string;
  /** Where control itself is, by default. */
  readonly namespace?: string;
  /** A key of `clusters`; the cluster that control runs in, by default. */
  readonly cluster?: string;
}

/** A Secret of a cluster. */
export interface SecretAddress {
  readonly cluster: ClusterConfiguration;
  /** Undefined: the one of control's own pod. */
  readonly namespace: string | undefined;
  readonly name: string;
}

/** What a Secret holds, by key; a text says why that cannot be told. */
export type ReadSecret = (address: SecretAddress) => Pick<ReadonlyMap<string, Secret>, 'get'> | string;

export interface SecretContext {
  readonly clusters: ReadonlyMap<string, ClusterConfiguration>;
  readonly readSecret: ReadSecret;
}

/** @returns a text that says what is wrong */
export function findSecret(reference: SecretReferenceDocument, context: SecretContext): Secret | string {
  const { namespace, name, key, cluster: clusterName = IN_CLUSTER } = reference;
  const cluster = context.clusters.get(clusterName);
  if (cluster === undefined) return unknownCluster(clusterName);
  const values = context.readSecret({ cluster, namespace, name });
  const secret = `the Secret ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  if (typeof values === 'string') return `names ${secret}, which ${values}`;
  const value = values.get(key);
  if (value !== undefined && value.reveal() !== '') return value;
  return `names ${secret}, which ${value === undefined ? 'has no key' : 'holds nothing under'} ${key}`;
}

/** What is wrong with the name of a cluster that is not there. */
export function unknownCluster(name: string): string {
  return name === IN_CLUSTER
    ? 'is about the cluster that control runs in, and it runs in none (KUBERNETES_SERVICE_HOST is not set); name a key of clusters'
    : `names the cluster ${name}, which is no key of clusters`;
}
