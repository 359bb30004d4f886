import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENVOY_VERSION } from '../../../tools/envoy/version.ts';
import { backend, type Manifest } from './manifests.ts';

const SYSTEM = 'envoy-gateway-system';

/**
 * What a cluster has before anything of this project is applied: Envoy Gateway's quickstart, on a host.
 *
 * @param certificates the folder where Envoy Gateway keeps Envoy's certificate for its own servers
 */
export function hostFixture(port: number, backendPort: number, certificates: string): Manifest[] {
  return [...gatewayOf(port), ...routeTo(backendPort), ...servesModules(certificates)];
}

function gatewayOf(port: number): Manifest[] {
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'eg' },
      spec: {
        controllerName: 'gateway.envoyproxy.io/gatewayclass-controller',
        parametersRef: { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: 'host', namespace: SYSTEM },
      },
    },
    {
      apiVersion: 'gateway.envoyproxy.io/v1alpha1',
      kind: 'EnvoyProxy',
      metadata: { name: 'host', namespace: SYSTEM },
      spec: {
        provider: { type: 'Host', host: { envoyVersion: ENVOY_VERSION } },
        // Two, so that what is per worker shows.
        concurrency: 2,
        // Hot restart needs shared memory under a number that two Envoys on one machine would fight over.
        extraArgs: ['--disable-hot-restart'],
      },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'eg', namespace: 'default' },
      spec: {
        gatewayClassName: 'eg',
        infrastructure: {
          parametersRef: { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: 'token-broker' },
        },
        listeners: [{ name: 'http', protocol: 'HTTP', port }],
      },
    },
  ];
}

function routeTo(port: number): Manifest[] {
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'backend', namespace: 'default' },
      spec: {
        parentRefs: [{ name: 'eg' }],
        rules: [{ backendRefs: [{ group: 'gateway.envoyproxy.io', kind: 'Backend', name: 'backend' }] }],
      },
    },
    backend('backend', 'default', port),
  ];
}

/**
 * Envoy gets modules from Envoy Gateway over mutual TLS, under a name of Kubernetes' DNS and with certificates from where pods
 * have them. A host has them elsewhere.
 */
function servesModules(certificates: string): Manifest[] {
  const read = (file: string): string => readFileSync(join(certificates, file)).toString('base64');
  const replace = (path: string, value: string): Manifest => ({
    type: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
    name: 'wasm_cluster',
    operation: { op: 'replace', path, value },
  });
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'envoy', namespace: SYSTEM },
      type: 'kubernetes.io/tls',
      data: { 'ca.crt': read('ca.crt'), 'tls.crt': read('tls.crt'), 'tls.key': read('tls.key') },
    },
    {
      apiVersion: 'gateway.envoyproxy.io/v1alpha1',
      kind: 'EnvoyPatchPolicy',
      metadata: { name: 'modules-on-a-host', namespace: 'default' },
      spec: {
        targetRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'eg' },
        type: 'JSONPatch',
        jsonPatches: [
          replace('/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/address', '127.0.0.1'),
          replace(
            '/transport_socket/typed_config/common_tls_context/validation_context/trusted_ca/filename',
            join(certificates, 'ca.crt'),
          ),
        ],
      },
    },
  ];
}
