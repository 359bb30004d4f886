import { parseArgs } from 'node:util';

/** tokensmith's command `authz`: its flags as they were given. */
export interface TokensmithFlags {
  readonly addr: string;
  readonly port: string;
  /** Where each token is reviewed; empty: the cluster around us. */
  readonly workloadKubeconfig: string;
  /** A file of clusters whose key sets verify tokens; empty: tokens are reviewed. */
  readonly clustersConfig: string;
  readonly tokenExpiration: string;
  readonly logLevel: string;
  readonly logFormat: string;
}

const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;

/** @throws TypeError with a message for the user, on a flag that does not exist */
export function readTokensmithFlags(words: readonly string[]): {
  readonly flags: TokensmithFlags;
  readonly help: boolean;
  readonly checkConfig: boolean;
  readonly printConfig: boolean;
} {
  const { values } = parseArgs({
    args: [...words],
    options: {
      addr: text('0.0.0.0'),
      port: text('9001'),
      'workload-kubeconfig': text(''),
      'clusters-config': text(''),
      'token-expiration': text('3600'),
      'log-level': text('info'),
      'log-format': text('json'),
      help: { type: 'boolean', short: 'h', default: false },
      'check-config': { type: 'boolean', default: false },
      'print-config': { type: 'boolean', default: false },
    },
  });
  const { addr, port, help } = values;
  return {
    flags: {
      ...{ addr, port },
      workloadKubeconfig: values['workload-kubeconfig'],
      clustersConfig: values['clusters-config'],
      tokenExpiration: values['token-expiration'],
      logLevel: values['log-level'],
      logFormat: values['log-format'],
    },
    help,
    checkConfig: values['check-config'],
    printConfig: values['print-config'],
  };
}
