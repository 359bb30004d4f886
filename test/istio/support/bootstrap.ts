import type { Node } from '../../../tools/launch/envoy-configuration.ts';

/** Where the services are that configure an Envoy, on 127.0.0.1. */
interface Ports {
  discovery: number;
  secrets: number;
}

/** What Istio's agent tells Envoy, istiod and, in its certificate, everybody else about the workload beside it. */
interface Workload {
  type: 'router' | 'sidecar';
  namespace: string;
  serviceAccount: string;
  address: string;
  labels: Record<string, string>;
  metadata?: Record<string, string>;
}

/** The gateway of Istio's own chart. */
export function gatewayWorkload(serviceAccount: string): Workload {
  const labels = { istio: 'ingressgateway', app: 'istio-ingressgateway' };
  return { type: 'router', namespace: 'istio-ingress', serviceAccount, address: '10.0.0.9', labels };
}

/** The bootstrap of an Envoy in the mesh, as Istio's agent writes it but for what is the agent's own. */
export function meshBootstrap(workload: Workload, { discovery, secrets }: Ports): Node {
  const { type, namespace, serviceAccount, address, labels, metadata } = workload;
  return {
    node: {
      id: `${type}~${address}~${serviceAccount}-0.${namespace}~${namespace}.svc.cluster.local`,
      cluster: `${serviceAccount}.${namespace}`,
      metadata: {
        ...{ NAMESPACE: namespace, NAME: `${serviceAccount}-0`, SERVICE_ACCOUNT: serviceAccount },
        ...{ LABELS: labels, CLUSTER_ID: 'Kubernetes', ISTIO_VERSION: '1.31.0' },
        ...metadata,
      },
    },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
      },
      lds_config: { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' },
      cds_config: { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' },
    },
    static_resources: { clusters: [grpcCluster('xds-grpc', discovery), grpcCluster('sds-grpc', secrets)] },
  };
}

function grpcCluster(name: string, port: number): Node {
  const endpoint = { address: { socket_address: { address: '127.0.0.1', port_value: port } } };
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
  };
}
