import { EnvoyConfiguration, type Node } from '../../tools/launch/envoy-configuration.ts';
import { TOKEN_PREFIX } from './issuer.ts';

const HTTP = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
const PROTOCOL_OPTIONS = 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const BACKEND = 'backend';

/** What stands between two listeners of one Envoy, and where it asks. */
export interface Path {
  readonly name: string;
  readonly httpFilters: readonly Node[];
}

export interface Upstream {
  readonly name: string;
  readonly port: number;
  readonly http2?: boolean;
}

export interface BootstrapOptions {
  readonly paths: readonly Path[];
  readonly upstreams: readonly Upstream[];
  /** Where Envoy itself answers as the backend. */
  readonly backendPort: number;
  readonly secrets?: readonly Node[];
  /** The `authorization` of a caller whose token is exchanged. */
  readonly exchanging?: string;
}

/**
 * An Envoy with a listener for each path, which leads to one more listener that answers at once: two hops through one
 * process, so that all it takes shows in one place.
 *
 * @returns what `startEnvoy` takes
 */
export function bootstrapOf({ paths, upstreams, backendPort, secrets = [], exchanging = '' }: BootstrapOptions) {
  const forward = { match: { prefix: '/' }, route: { cluster: BACKEND, timeout: '0s' } };
  const listeners = [
    listenerOf(BACKEND, backendPort, [], backendRoutes(exchanging)),
    ...paths.map(({ name, httpFilters }) => listenerOf(name, 0, httpFilters, [forward])),
  ];
  const clusters = [{ name: BACKEND, port: backendPort }, ...upstreams].map(clusterOf);
  const shipped = EnvoyConfiguration.shipped('token-broker').bootstrap;
  const bootstrap = {
    admin: shipped.admin,
    stats_config: shipped.stats_config,
    static_resources: { listeners, clusters, secrets },
  };
  return { bootstrap, listener: () => listeners[0] };
}

/**
 * `/verify` says whether the request carries a token of the issuer's, `/exchanged` whether it carries another than the
 * caller's; everything else is answered alike.
 */
function backendRoutes(exchanging: string): Node[] {
  const token = { name: 'authorization', string_match: { prefix: `Bearer ${TOKEN_PREFIX}` } };
  const bearer = { name: 'authorization', string_match: { prefix: 'Bearer ' } };
  const another = { name: 'authorization', string_match: { exact: exchanging }, invert_match: true };
  const answer = (text: string) => ({ status: 200, body: { inline_string: text } });
  return [
    { match: { path: '/verify', headers: [token] }, direct_response: answer('token') },
    { match: { path: '/verify' }, direct_response: answer('no token') },
    { match: { path: '/exchanged', headers: [bearer, another] }, direct_response: answer('token') },
    { match: { path: '/exchanged' }, direct_response: answer('no token') },
    { match: { prefix: '/' }, direct_response: answer('ok') },
  ];
}

function listenerOf(name: string, port: number, httpFilters: readonly Node[], routes: readonly Node[]): Node {
  const manager = {
    '@type': HTTP,
    stat_prefix: name,
    route_config: { name, virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
    http_filters: [...httpFilters, { name: 'envoy.filters.http.router', typed_config: { '@type': ROUTER } }],
  };
  return {
    name,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] }],
  };
}

function clusterOf({ name, port, http2 = false }: Upstream): Node {
  const protocol = http2 ? { http2_protocol_options: {} } : { http_protocol_options: {} };
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    // The default of 1024 is a limit of the benchmark's and not of what it measures.
    circuit_breakers: { thresholds: [{ max_connections: 20000, max_pending_requests: 20000, max_requests: 20000 }] },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': PROTOCOL_OPTIONS,
        explicit_http_config: protocol,
      },
    },
    load_assignment: {
      cluster_name: name,
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } }] },
      ],
    },
  };
}
