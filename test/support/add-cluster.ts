import type { EnvoyConfiguration } from '../../tools/launch/envoy-configuration.ts';

/** Adds a cluster with one endpoint on 127.0.0.1, in all else like `backend`. */
export function addCluster(configuration: EnvoyConfiguration, name: string, port: number): void {
  const cluster = structuredClone(configuration.cluster('backend'));
  cluster.name = name;
  cluster.load_assignment.cluster_name = name;
  configuration.bootstrap.static_resources.clusters.push(cluster);
  configuration.setPort(name, port);
}
