/** RFC 1123 label. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** RFC 1123 subdomain. */
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** What names an object in a namespace. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** Whether Kubernetes allows such names. Any other could lead to another path, or select something else. */
export function isObjectName({ namespace, name }: ObjectName): boolean {
  return LABEL.test(namespace) && SUBDOMAIN.test(name);
}
