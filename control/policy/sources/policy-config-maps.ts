import type { OperatorContext } from '../../config/operator-value.ts';
import type { PolicyConfigMaps } from '../../config/policy-config-maps.ts';
import { MAXIMUM_DOCUMENT_BYTES, type PolicyDocumentSource, tooManyBytes } from '../../config/policy-source.ts';

/** A ConfigMap, as far as it matters here. */
interface ConfigMap {
  readonly namespace: string;
  readonly name: string;
  readonly data: ReadonlyMap<string, string>;
}

/**
 * The documents of policy that ConfigMaps hold. Each is its namespace's own; those of trusted namespaces are the operator's.
 *
 * @param operator given to the documents of those that are trusted
 */
export function documentsOf(
  configMaps: Iterable<ConfigMap>,
  { key, hosts, trustedNamespaces }: Pick<PolicyConfigMaps, 'key' | 'hosts' | 'trustedNamespaces'>,
  operator: OperatorContext,
): readonly PolicyDocumentSource[] {
  return Array.from(configMaps, ({ namespace, name, data }) => {
    const trusted = trustedNamespaces.has(namespace);
    const text = data.get(key);
    return {
      name: `configmap ${namespace}/${name}`,
      label: `${namespace}.${name}`,
      content: contentOf(key, text),
      hosts: trusted ? undefined : hosts && (hosts.get(namespace) ?? []),
      owner: trusted ? undefined : `namespace ${namespace}`,
      operator: trusted ? operator : undefined,
    };
  });
}

/**
 * What stands for the documents of namespaces that could never be read.
 *
 * @param unread why, by namespace
 */
export function unreadDocuments(
  unread: ReadonlyMap<string, string>,
  { hosts, trustedNamespaces }: Pick<PolicyConfigMaps, 'hosts' | 'trustedNamespaces'>,
): readonly PolicyDocumentSource[] {
  return Array.from(unread, ([namespace, problem]) => ({
    name: `configmaps of namespace ${namespace}`,
    label: namespace,
    content: { kind: 'missing', problem: `cannot be read: ${problem}` },
    hosts: hosts && (hosts.get(namespace) ?? []),
    owner: trustedNamespaces.has(namespace) ? undefined : `namespace ${namespace}`,
    operator: undefined,
  }));
}

function contentOf(key: string, text: string | undefined): PolicyDocumentSource['content'] {
  if (text === undefined) return { kind: 'missing', problem: `has no ${key} under data; put the document there` };
  const bytes = Buffer.byteLength(text);
  return bytes > MAXIMUM_DOCUMENT_BYTES
    ? { kind: 'missing', problem: `${key} ${tooManyBytes(bytes)}` }
    : { kind: 'text', text };
}
