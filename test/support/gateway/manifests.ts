import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { ENVOY_VERSION } from '../../../tools/envoy/version.ts';

/** A Kubernetes resource, as parsed from YAML. */
// biome-ignore lint/suspicious/noExplicitAny: Envoy Gateway has no types here, and Envoy Gateway itself validates it.
export type Manifest = any;

/** A file that this project ships. */
export type ShippedFile =
  | 'callers'
  | 'callout-cluster'
  | 'callout-route'
  | 'client-traffic'
  | 'envoy-proxy'
  | 'ext-authz-grpc'
  | 'ext-authz-http'
  | 'filter'
  | 'filter-over-http'
  | 'rate-limit'
  | 'reload';

export const SHIPPED = new URL('../../../deploy/envoy-gateway/', import.meta.url);

/** Reads the documents of `deploy/envoy-gateway/<name>.yaml`. */
export function readShipped(name: string): Manifest[] {
  return parseAllDocuments(readFileSync(new URL(`${name}.yaml`, SHIPPED), 'utf8')).map((document) => document.toJS());
}

/** Ports on 127.0.0.1, by the address that manifests have, `host:port`. */
export type Addresses = Readonly<Record<string, number>>;

/**
 * Makes manifests fit a host without Kubernetes: addresses become ports of this machine, Services, which a host has none of,
 * become Backends of that name, and what is said about Envoy's pods is left out.
 *
 * @throws {Error} for an address that is not listed, so that no test goes by one unnoticed
 */
export function moveToHost(documents: readonly Manifest[], addresses: Addresses): Manifest[] {
  const backends: Manifest[] = [];
  const portOf = (address: string): number => {
    const port = addresses[address];
    if (port === undefined) throw new Error(`the test does not say where ${address} is`);
    return port;
  };
  const move = (node: Manifest, namespace: string): Manifest => {
    if (Array.isArray(node)) return node.map((item) => move(item, namespace));
    if (node === null || typeof node !== 'object') return node;
    const { fqdn, port_value: port, backendRefs } = node;
    if (fqdn !== undefined) return { ip: { address: '127.0.0.1', port: portOf(`${fqdn.hostname}:${fqdn.port}`) } };
    if (port !== undefined) return { ...node, port_value: portOf(`${node.address}:${port}`) };
    const moved = Object.entries(node).map(([key, value]) => [key, move(value, namespace)]);
    if (backendRefs === undefined) return Object.fromEntries(moved);
    const services = backendRefs.filter(({ kind = 'Service' }) => kind === 'Service');
    backends.push(...services.map(({ name, port }: Manifest) => backend(name, namespace, portOf(`${name}:${port}`))));
    const references = backendRefs.map((reference: Manifest) =>
      services.includes(reference)
        ? { group: 'gateway.envoyproxy.io', kind: 'Backend', name: reference.name }
        : reference,
    );
    return { ...Object.fromEntries(moved), backendRefs: references };
  };
  const moved = documents.map((document) => {
    const { kind, metadata, spec } = document;
    if (kind === 'EnvoyProxy') {
      const provider = { type: 'Host', host: { envoyVersion: ENVOY_VERSION } };
      // Secrets must not be in Envoy's log at this level.
      return { ...document, spec: { ...spec, provider, logging: { level: { default: 'info' } } } };
    }
    return move(document, metadata.namespace);
  });
  return [...moved, ...backends];
}

/** A Backend on this machine. */
export function backend(name: string, namespace: string, port: number): Manifest {
  return {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'Backend',
    metadata: { name, namespace },
    spec: { endpoints: [{ ip: { address: '127.0.0.1', port } }] },
  };
}
