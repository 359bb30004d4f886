import type { ControlPorts } from '../../../tools/launch/control.ts';
import { type RunningEnvoy, startEnvoy } from '../../../tools/launch/envoy.ts';
import { findFreePorts } from '../../../tools/launch/ports.ts';
import { meshBootstrap } from './bootstrap.ts';
import { endpointsOf } from './endpoints.ts';
import type { Istio } from './istio.ts';
import type { Manifests } from './manifests.ts';

const SERVICE = { name: 'token-broker', namespace: 'token-broker' };
/** Loopback as well, and not where control itself is. */
const ADDRESS = '127.0.0.7';

/** A pod of control's, as others in the cluster reach it. */
export interface ControlPod {
  /** Where the sidecar listens for the filter, on {@link address}. */
  filterPort: number;
  address: string;
  start(istio: Istio): Promise<RunningEnvoy>;
}

/** Control without a sidecar: its own ports are those of the service. */
export function addControlEndpoints(manifests: Manifests, ports: ControlPorts): void {
  manifests.add(endpointsOf(SERVICE, '127.0.0.1', servicePorts(ports)));
}

/** Control with a sidecar, as `control.yaml` says, but on ports that are free, and without the redirection by iptables. */
export async function addControlPod(manifests: Manifests, ports: ControlPorts): Promise<ControlPod> {
  const [filterPort = 0, checkPort = 0, grpcPort = 0] = await findFreePorts(3);
  const sidecar = manifests.find('Sidecar');
  const outer = servicePorts({ ...ports, filterPort, checkPort, grpcPort });
  const inner = servicePorts(ports);
  for (const ingress of sidecar.spec.ingress) {
    const { name } = ingress.port as { name: keyof typeof outer };
    ingress.port.number = outer[name];
    ingress.bind = ADDRESS;
    ingress.defaultEndpoint = `127.0.0.1:${inner[name]}`;
  }
  // Without the redirection each service that the pod may call would be a listener of its own.
  sidecar.spec.egress = [{ hosts: ['~/*'] }];
  const { labels } = manifests.find('Deployment').spec.template.metadata;
  manifests.add(podOf(labels), endpointsOf(SERVICE, ADDRESS, outer, { kind: 'Pod', ...POD }));
  const policy = manifests.find('AuthorizationPolicy', 'gateway-only');
  policy.spec.rules[0].to[0].operation.ports = Object.values(outer).map(String);
  return {
    filterPort,
    address: ADDRESS,
    start: (istio) =>
      startEnvoy({
        configuration: {
          bootstrap: meshBootstrap(
            {
              ...{ type: 'sidecar', namespace: SERVICE.namespace, serviceAccount: 'token-broker' },
              ...{ address: ADDRESS, labels, metadata: { INTERCEPTION_MODE: 'NONE' } },
            },
            istio.ports,
          ),
          listener: () => ({ name: `${ADDRESS}_${filterPort}` }),
        },
        concurrency: 1,
      }),
  };
}

const POD = { name: 'token-broker-0', namespace: SERVICE.namespace };

function podOf(labels: Record<string, string>) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    // Istio's injector sets the label: whoever calls speaks mutual TLS.
    metadata: { ...POD, labels: { ...labels, 'security.istio.io/tlsMode': 'istio' } },
    spec: { serviceAccountName: 'token-broker', containers: [{ name: 'control', image: 'control' }] },
    status: { podIP: ADDRESS, podIPs: [{ ip: ADDRESS }], phase: 'Running' },
  };
}

/** By the names that they have in the service. */
function servicePorts({ filterPort, checkPort, grpcPort }: ControlPorts) {
  return { 'http-filter': filterPort, 'http-check': checkPort, 'grpc-check': grpcPort };
}
