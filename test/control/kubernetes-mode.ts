import type { Configuration } from '../../control/config/configuration.ts';
import { readConfigurationFile } from '../../control/config/file.ts';
import type { KubernetesDocument } from '../../control/config/kubernetes-document.ts';
import { ConfigurationError } from '../../control/config/problems.ts';

const CLUSTERS = {
  workload: { kubeconfig: { file: '/workload' }, issuer: 'https://workload.example' },
  second: { kubeconfig: { file: '/second' }, issuer: ['https://second.example', 'https://old.example'] },
  nameless: { kubeconfig: { file: '/nameless' } },
  management: { server: { url: 'https://management.example', caFile: '/ca', tokenFile: '/token' } },
};

export interface KubernetesFile {
  readonly kubernetes?: Partial<KubernetesDocument>;
  readonly entry?: object;
  readonly providers?: object;
  readonly clusters?: object;
  readonly revocations?: readonly object[];
}

/** A file's configuration with some clusters and one entry that makes an account of one that of another. */
export function kubernetesConfiguration({
  kubernetes,
  entry,
  providers,
  clusters,
  revocations = [],
}: KubernetesFile = {}): Configuration {
  const document = {
    version: 'v1',
    listeners: { check: { address: ':8080' } },
    clusters: { ...CLUSTERS, ...clusters },
    ...(providers && { providers }),
    policy: {
      revocations,
      entries: [
        {
          id: 'default',
          action: 'kubernetes',
          kubernetes: {
            sources: [{ cluster: 'workload', audiences: ['broker'] }],
            target: 'management',
            ...kubernetes,
          },
          ...entry,
        },
      ],
    },
  };
  return readConfigurationFile('/control.yaml', {}, () => Buffer.from(JSON.stringify(document)));
}

/** What is wrong with it, one line each. */
export function problemsWith(task: () => unknown): string {
  try {
    task();
    return '';
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map(({ setting, message }) => `${setting}: ${message}`).join('\n');
  }
}
