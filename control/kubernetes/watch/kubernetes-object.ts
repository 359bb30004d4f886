import { type Members, record } from '../record.ts';

/** An object as an API server gives it, checked as far as its name and version. */
export interface KubernetesObject {
  /** `namespace/name`, or the name alone where there is no namespace. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Another one after each change. */
  readonly version: string;
  readonly members: Members;
}

/** @returns undefined when it is no object of Kubernetes */
export function readObject(value: unknown): KubernetesObject | undefined {
  const members = record(value);
  const { name, namespace = '', resourceVersion: version } = record(members.metadata);
  if (typeof name !== 'string' || name === '') return undefined;
  if (typeof namespace !== 'string' || typeof version !== 'string' || version === '') return undefined;
  return { key: namespace === '' ? name : `${namespace}/${name}`, namespace, name, version, members };
}
