import type { Configuration } from '../configuration.ts';
import type { Environment } from '../environment-reader.ts';
import { readConfigurationFile } from '../file.ts';
import type { KubernetesDocument } from '../kubernetes-document.ts';
import { parseInteger, parseLogLevel } from '../parse-values.ts';
import { Problems, shown } from '../problems.ts';
import { Files, type ReadFile } from '../read-files.ts';
import { readClustersFile } from './clusters-file.ts';
import type { TokensmithFlags } from './flags.ts';

/** What problems name as the file; nobody has such a one. */
const SOURCE = 'authz';
const TARGET = 'management';
const WORKLOAD = 'workload';

/** Whom tokensmith asks its tokens for, whatever else it is told. */
const AUDIENCE = 'https://kubernetes.default.svc';

/**
 * The configuration that tokensmith's flags describe: gRPC for any client, every request, the same namespace and name in the
 * cluster around us.
 *
 * @throws ConfigurationError with everything that is wrong
 */
export function readTokensmith(flags: TokensmithFlags, environment: Environment, readFile: ReadFile): Configuration {
  const document = JSON.stringify(writeDocument(flags, readFile));
  const configuration = readConfigurationFile(SOURCE, environment, (path) =>
    path === SOURCE ? Buffer.from(document) : readFile(path),
  );
  return { ...configuration, warnings: [...configuration.warnings, ...warningsOf(flags)] };
}

/**
 * The file of ours that says the same as the flags.
 *
 * @throws ConfigurationError with everything that is wrong with the flags
 */
export function writeDocument(flags: TokensmithFlags, readFile: ReadFile): object {
  const problems = new Problems();
  const { addr, clustersConfig } = flags;
  const port = integer('--port', flags.port, 0, 65_535, problems);
  const expirationSeconds = integer('--token-expiration', flags.tokenExpiration, 600, 2 ** 32, problems);
  const logLevel = parseLogLevel(flags.logLevel);
  if (logLevel === undefined) {
    problems.add('--log-level', `${shown(flags.logLevel)} is no log level; use debug, info, warn or error`);
  }
  if (!['json', 'text'].includes(flags.logFormat)) {
    problems.add('--log-format', `${shown(flags.logFormat)} is no log format; use json`);
  }
  const clusters =
    clustersConfig === '' ? [] : readClustersFile(clustersConfig, new Files(readFile, problems), problems);
  problems.throwIfAny();
  const kubernetes: KubernetesDocument = {
    sources: clustersConfig === '' ? [{ cluster: WORKLOAD }] : clusters.map(({ name }) => ({ provider: name })),
    target: TARGET,
    audiences: [AUDIENCE],
    expirationSeconds,
  };
  return {
    version: 'v1',
    logLevel,
    listeners: { grpc: { address: `${addr.includes(':') ? `[${addr}]` : addr}:${port}`, allowAnyClient: true } },
    clusters: { [TARGET]: { inCluster: {} }, ...(clustersConfig === '' && { [WORKLOAD]: workload(flags) }) },
    providers: Object.fromEntries(clusters.map(({ name, issuer, jwks }) => [name, { issuer, jwks }])),
    policy: { unmatched: 'deny', entries: [{ id: 'tokensmith', action: 'kubernetes', kubernetes }] },
  };
}

function workload({ workloadKubeconfig: file }: TokensmithFlags): object {
  return file === '' ? { inCluster: {} } : { kubeconfig: { file } };
}

function integer(flag: string, text: string, minimum: number, maximum: number, problems: Problems): number {
  const value = parseInteger(text);
  if (value !== undefined && value >= minimum && value <= maximum) return value;
  problems.add(flag, `${shown(text)} is not a whole number from ${minimum} to ${maximum}`);
  return minimum;
}

function warningsOf({ clustersConfig, workloadKubeconfig, logFormat }: TokensmithFlags): readonly string[] {
  return [
    ...(clustersConfig === '' && workloadKubeconfig === ''
      ? ['neither --clusters-config nor --workload-kubeconfig is given: the workload cluster is the one around us']
      : []),
    ...(clustersConfig === ''
      ? [
          "tokens for the workload cluster's own API server are accepted; say whom they are to be for in a file (--print-config)",
        ]
      : []),
    ...(clustersConfig !== '' && workloadKubeconfig !== ''
      ? ['--workload-kubeconfig has no effect beside --clusters-config']
      : []),
    ...(logFormat === 'text' ? ['--log-format text has no effect: logs are JSON'] : []),
  ];
}
