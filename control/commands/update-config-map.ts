import { performance } from 'node:perf_hooks';
import type { ClusterConfiguration } from '../config/cluster.ts';
import { ConfigurationError } from '../config/problems.ts';
import { isObjectName, type ObjectName } from '../decide/object-name.ts';
import type { Api, Failure } from '../kubernetes/cluster/api.ts';
import { ClusterPool } from '../kubernetes/cluster-pool.ts';
import { record } from '../kubernetes/record.ts';
import { UsageError } from './command.ts';

const MAXIMUM_ATTEMPTS = 5;

/**
 * Changes a document that a ConfigMap holds. Where somebody else changes the ConfigMap meanwhile, it is read again.
 *
 * @param address `namespace/name`
 * @param key of its `data`
 * @param change gets undefined when there is no such key yet
 * @throws ConfigurationError when the ConfigMap cannot be read or written, and whatever `change` throws
 */
export async function updateConfigMap(
  address: string,
  key: string,
  cluster: ClusterConfiguration,
  change: (text: string | undefined) => string,
): Promise<void> {
  const [namespace = '', name = '', ...rest] = address.split('/');
  const object = { namespace, name };
  if (rest.length > 0 || !isObjectName(object)) {
    throw new UsageError(`${JSON.stringify(address)} is no ConfigMap; write --configmap NAMESPACE/NAME`);
  }
  const clusters = new ClusterPool({ clock: { now: () => Date.now(), monotonic: () => performance.now() } });
  try {
    const failure = await updateObject(clusters.get(cluster), object, key, change);
    if (failure !== undefined)
      throw new ConfigurationError([{ setting: `configmap ${address}`, message: adviceOn(failure) }]);
  } finally {
    await clusters.close();
  }
}

async function updateObject(
  api: Api,
  { namespace, name }: ObjectName,
  key: string,
  change: (text: string | undefined) => string,
): Promise<Failure | undefined> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  let failure: Failure | undefined;
  for (let attempt = 0; attempt < MAXIMUM_ATTEMPTS; attempt++) {
    const read = await api.call({ method: 'GET', path });
    if (read.kind === 'failed') return read;
    const configMap = record(read.value);
    const data = record(configMap.data);
    const before = data[key];
    const after = change(typeof before === 'string' ? before : undefined);
    // With the version that was read, so that nothing that was written meanwhile is lost.
    const written = await api.call({ method: 'PUT', path, body: { ...configMap, data: { ...data, [key]: after } } });
    if (written.kind !== 'failed') return undefined;
    failure = written;
    if (failure.reason !== 'conflict') return failure;
  }
  return failure;
}

function adviceOn({ reason, message }: Failure): string {
  switch (reason) {
    case 'notFound':
      return 'is not there; make it with the labels that control selects by, and try again';
    case 'forbidden':
      return `may not be changed (${message}); it takes the verbs get and update on configmaps`;
    default:
      return `cannot be changed: ${message}`;
  }
}
