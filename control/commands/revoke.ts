import { parseArgs } from 'node:util';
import type { ClusterConfiguration } from '../config/cluster.ts';
import { parseDuration } from '../config/duration.ts';
import type { Environment } from '../config/environment-reader.ts';
import { IN_CLUSTER, implicitClusters } from '../config/read-clusters.ts';
import { type Command, UsageError } from './command.ts';
import { addRevocation, type RevocationFields } from './revocation-document.ts';
import { updateConfigMap } from './update-config-map.ts';
import { updateFile } from './update-file.ts';

/** ms for one request to an API server. */
const TIMEOUT = 10_000;

/** Adds a revocation to a document of policy. */
export const revoke: Command = async (words, io) => {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: {
      file: { type: 'string' },
      configmap: { type: 'string' },
      key: { type: 'string', default: 'config.yaml' },
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      until: { type: 'string' },
      'issued-before': { type: 'string' },
      issuer: { type: 'string' },
      reason: { type: 'string' },
    },
    allowPositionals: true,
  });
  const fields = { ...whatIn(positionals), ...(values.issuer !== undefined && { issuer: values.issuer }) };
  const time = (text: string | undefined) => (text === undefined ? undefined : timeOf(text, io.now()));
  const revocation: RevocationFields = {
    ...fields,
    issuedBefore: time(values['issued-before']),
    until: time(values.until),
    reason: values.reason,
  };
  const { file, configmap } = values;
  if ((file === undefined) === (configmap === undefined)) {
    throw new UsageError('name the document: --file FILE or --configmap NAMESPACE/NAME');
  }
  const name = file === undefined ? `configmap ${configmap}` : `file ${file}`;
  const change = (text: string | undefined) => addRevocation(text, revocation, name);
  if (file !== undefined) updateFile(file, io.readFile, change);
  else await updateConfigMap(configmap ?? '', values.key, clusterOf(values, io.environment), change);
  io.print(`revoked in ${name}: ${Object.entries(fields).flat().join(' ')}`);
  return 0;
};

/** As `kubectl` finds it: what was named, `KUBECONFIG`, or the cluster around the pod. */
function clusterOf(
  { kubeconfig, context }: { readonly kubeconfig?: string; readonly context?: string },
  environment: Environment,
): ClusterConfiguration {
  const file = kubeconfig ?? (environment.KUBECONFIG || undefined);
  if (file !== undefined) return { name: file, access: { kind: 'kubeconfig', file, context }, timeout: TIMEOUT };
  const around = implicitClusters(environment).get(IN_CLUSTER);
  if (around === undefined) throw new UsageError('name the cluster: --kubeconfig FILE, or KUBECONFIG');
  return around;
}

function whatIn([kind = '', name, further]: readonly string[]): RevocationFields {
  if (!['client', 'subject', 'issuer', 'route'].includes(kind) || name === undefined || further !== undefined) {
    throw new UsageError('say what to revoke: client ID, subject SUB, issuer ISS or route ID');
  }
  return { [kind]: name };
}

/**
 * Whole seconds, as tokens tell time: rounded up, so that one which was issued within this very second counts as before now.
 *
 * @param now wall clock, ms
 * @returns RFC 3339
 */
function timeOf(text: string, now: number): string {
  const duration = text === 'now' ? 0 : parseDuration(text);
  const time = duration === undefined ? Date.parse(text) : now + duration;
  if (Number.isNaN(time))
    throw new UsageError(`${JSON.stringify(text)} is no time; write 2026-11-25T10:00:00Z, now or 24h`);
  return new Date(Math.ceil(time / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
