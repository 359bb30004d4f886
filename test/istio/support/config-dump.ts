import type { Node } from '../../../tools/launch/envoy-configuration.ts';
import { readSamples } from '../../../tools/launch/statistics.ts';
import type { Mesh } from './mesh.ts';

/** The name that Istio gives the plugin of `deploy/istio/wasm-plugin.yaml`. */
export const PLUGIN = 'extensions.istio.io/trafficextension/istio-ingress.token-broker~istio-translated-wasmplugin';

const EXTENSIONS = 'type.googleapis.com/envoy.admin.v3.EcdsConfigDump';

/** What Envoy was given and uses. */
async function readDump(mesh: Mesh): Promise<Node[]> {
  const answer = await fetch(`${mesh.envoy.adminUrl}/config_dump`);
  const { configs } = (await answer.json()) as { configs: Node[] };
  return configs;
}

/** The HTTP filters of the gateway's listener, in their order. */
export async function readHttpFilters(mesh: Mesh): Promise<Node[]> {
  return (await readConnectionManager(mesh)).http_filters;
}

export async function readConnectionManager(mesh: Mesh): Promise<Node> {
  const listeners = (await readDump(mesh)).find((config) => config.dynamic_listeners !== undefined);
  const name = `127.0.0.1_${mesh.gatewayPort}`;
  const listener = listeners.dynamic_listeners.find((each: Node) => each.name === name);
  const [{ filters }] = listener.active_state.listener.filter_chains;
  return filters.find((filter: Node) => filter.name === 'envoy.filters.network.http_connection_manager').typed_config;
}

/** The extension configurations that came by discovery (ECDS), by name. */
export async function readExtensions(mesh: Mesh): Promise<Record<string, Node>> {
  const dump = (await readDump(mesh)).find((config) => config['@type'] === EXTENSIONS);
  const extensions: Node[] = dump?.ecds_filters ?? [];
  return Object.fromEntries(
    extensions.map(({ ecds_filter }) => [
      ecds_filter.name,
      ecds_filter.typed_config.config ?? ecds_filter.typed_config,
    ]),
  );
}

/** Updates of Envoy's configuration that it refused, of whatever kind. */
export async function countRejectedUpdates(mesh: Mesh): Promise<number> {
  const samples = await readSamples(mesh.envoy.adminUrl);
  const rejected = samples.filter(({ name }) => /update_rejected$|config_fail$/.test(name));
  if (rejected.length === 0) throw new Error('Envoy counts no updates');
  return rejected.reduce((sum, { value }) => sum + value, 0);
}
