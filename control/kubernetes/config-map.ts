import { record } from './record.ts';
import type { KubernetesObject } from './watch/kubernetes-object.ts';

export interface ConfigMap {
  readonly namespace: string;
  readonly name: string;
  /** Texts by key; what is binary is left out. */
  readonly data: ReadonlyMap<string, string>;
}

/** What is held of a ConfigMap. */
export function readConfigMap({ namespace, name, members }: KubernetesObject): ConfigMap {
  const entries = Object.entries(record(members.data));
  return {
    namespace,
    name,
    data: new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  };
}
