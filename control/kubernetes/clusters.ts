import type { ClusterConfiguration } from '../config/cluster.ts';
import { AccessError } from './access/access.ts';
import { Cluster, type ClusterOptions } from './cluster/cluster.ts';

/** Connections to clusters, by name. */
export interface Clusters {
  /** @throws Error when there is none of that name, which a valid configuration rules out */
  get(name: string): Cluster;
  /** To be called once nothing uses them any more. */
  close(): Promise<void>;
}

/**
 * Opens connections to all clusters, without asking them anything.
 *
 * @throws AccessError that names the cluster
 */
export async function openClusters(
  configurations: Iterable<ClusterConfiguration>,
  options: ClusterOptions,
): Promise<Clusters> {
  const clusters = new Map<string, Cluster>();
  const close = async () => {
    await Promise.all([...clusters.values()].map((cluster) => cluster.close()));
  };
  for (const configuration of configurations) {
    try {
      clusters.set(configuration.name, await Cluster.open(configuration, options));
    } catch (error) {
      await close();
      throw error instanceof AccessError ? new AccessError(`cluster ${configuration.name}: ${error.message}`) : error;
    }
  }
  return {
    get: (name) => {
      const cluster = clusters.get(name);
      if (cluster === undefined) throw new Error(`there is no cluster ${name}`);
      return cluster;
    },
    close,
  };
}
