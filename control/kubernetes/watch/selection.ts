/** Which objects are watched. */
export interface Selection {
  readonly resource: 'configmaps' | 'namespaces' | 'secrets';
  /** Undefined: all of them, or a resource that is in none. */
  readonly namespace?: string;
  /** As in `kubectl --selector`. */
  readonly labelSelector?: string;
  /** One object alone. Rights that name it are enough for that (`resourceNames` in RBAC), because it is asked for by name. */
  readonly name?: string;
}

/** The path of the selected objects' collection. */
export function pathOf({ resource, namespace }: Selection): string {
  return namespace === undefined
    ? `/api/v1/${resource}`
    : `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}`;
}

/** The part of a query that selects. */
export function queryOf({ labelSelector, name }: Selection): URLSearchParams {
  const query = new URLSearchParams();
  if (labelSelector !== undefined) query.set('labelSelector', labelSelector);
  if (name !== undefined) query.set('fieldSelector', `metadata.name=${name}`);
  return query;
}
