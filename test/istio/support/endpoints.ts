import type { Manifest } from './manifests.ts';

/** A service of a cluster. */
export interface ServiceName {
  name: string;
  namespace: string;
}

/**
 * Where the one pod of a service is.
 *
 * @param ports by the names that they have in the service
 */
export function endpointsOf(
  { name, namespace }: ServiceName,
  address: string,
  ports: Record<string, number>,
  targetRef?: object,
): Manifest {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [
      { addresses: [address], conditions: { ready: true }, ...(targetRef === undefined ? {} : { targetRef }) },
    ],
    ports: Object.entries(ports).map(([portName, port]) => ({ name: portName, port, protocol: 'TCP' })),
  };
}

/** A service with one port, 8080. */
export function serviceOf(metadata: ServiceName): Manifest {
  const spec = { clusterIP: '10.0.1.2', ports: [{ name: 'http', port: 8080 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec };
}

/** The backend's service, and where it is. */
export function backendService(port: number): Manifest[] {
  const service = { name: 'orders', namespace: 'orders' };
  return [serviceOf(service), endpointsOf(service, '127.0.0.1', { http: port })];
}
