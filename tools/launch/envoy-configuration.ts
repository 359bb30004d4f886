import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** One node of an Envoy bootstrap, as parsed from YAML. */
// biome-ignore lint/suspicious/noExplicitAny: Envoy's configuration has no types here, and Envoy itself validates it.
export type Node = any;

const ROOT = new URL('../../', import.meta.url);
const WASM = 'type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm';

/** An Envoy bootstrap that starts as a file this project ships and is then changed in a few named places. */
export class EnvoyConfiguration {
  readonly bootstrap: Node;
  readonly #listener: Node;

  private constructor(bootstrap: Node) {
    this.bootstrap = bootstrap;
    this.#listener = bootstrap.static_resources.listeners[0];
  }

  /**
   * Reads `envoy/<name>.yaml` and takes out what would collide on one machine: every port becomes one that the system
   * chooses, and a relative path of a module becomes an absolute one.
   */
  static shipped(name: 'token-broker' | 'ext-authz' | 'ext-authz-grpc' | 'shadow' | 'login'): EnvoyConfiguration {
    const configuration = new EnvoyConfiguration(parse(readFileSync(new URL(`envoy/${name}.yaml`, ROOT), 'utf8')));
    configuration.bootstrap.admin.address.socket_address.port_value = 0;
    configuration.listener().address.socket_address.port_value = 0;
    const code = configuration.wasmFilters()[0]?.typed_config.config.vm_config.code.local;
    if (code !== undefined) code.filename = fileURLToPath(new URL(code.filename, ROOT));
    return configuration;
  }

  /** The first listener, also after a test has moved it out of the bootstrap. */
  listener(): Node {
    return this.#listener;
  }

  httpConnectionManager(): Node {
    return this.listener().filter_chains[0].filters[0].typed_config;
  }

  routes(): Node[] {
    return this.httpConnectionManager().route_config.virtual_hosts[0].routes;
  }

  httpFilters(): Node[] {
    return this.httpConnectionManager().http_filters;
  }

  /** The Wasm filters in their order: the shipped configuration has one. */
  wasmFilters(): Node[] {
    return this.httpFilters().filter((filter) => filter.typed_config['@type'] === WASM);
  }

  /** Merges keys into the plugin configuration of the first Wasm filter, which is JSON in a string. */
  setPluginConfiguration(keys: Record<string, unknown>): this {
    const { configuration } = this.wasmFilters()[0].typed_config.config;
    configuration.value = JSON.stringify({ ...JSON.parse(configuration.value), ...keys });
    return this;
  }

  /** Makes the first Wasm filter load another module. */
  setModule(path: string): this {
    this.wasmFilters()[0].typed_config.config.vm_config.code.local.filename = path;
    return this;
  }

  cluster(name: string): Node {
    const cluster = this.bootstrap.static_resources.clusters.find((each: Node) => each.name === name);
    if (cluster === undefined) throw new Error(`the configuration has no cluster ${name}`);
    return cluster;
  }

  /** Points a cluster to a port on 127.0.0.1. */
  setPort(clusterName: string, port: number): this {
    const [locality] = this.cluster(clusterName).load_assignment.endpoints;
    locality.lb_endpoints[0].endpoint.address.socket_address.port_value = port;
    return this;
  }

  /** Lets a cluster speak to its endpoints what the client spoke: HTTP/2 requests stay HTTP/2, for gRPC and trailers. */
  useDownstreamProtocol(clusterName: string): this {
    const [options] = Object.values<Node>(this.cluster(clusterName).typed_extension_protocol_options);
    delete options.explicit_http_config;
    options.use_downstream_protocol_config = { http_protocol_options: {}, http2_protocol_options: {} };
    return this;
  }
}
