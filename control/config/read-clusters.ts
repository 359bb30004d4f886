import type { ClusterAccess, ClusterConfiguration } from './cluster.ts';
import type { ReadDuration } from './entry-context.ts';
import type { Environment } from './environment-reader.ts';
import type { Problems } from './problems.ts';

/** The cluster that control runs in, where nothing else is said of it. */
export const IN_CLUSTER = 'in-cluster';

/** Where Kubernetes puts a pod's own credentials. */
const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
const TIMEOUT = 5000;

/** One member of `clusters`: exactly one of `inCluster`, `kubeconfig` and `server`. */
export interface ClusterDocument {
  readonly inCluster?: { readonly folder?: string };
  readonly kubeconfig?: { readonly file: string; readonly context?: string };
  readonly server?: { readonly url: string; readonly caFile?: string; readonly tokenFile: string };
  /** `iss` of its service accounts' tokens; several while it changes. */
  readonly issuer?: string | readonly string[];
  readonly timeout?: string;
}

interface Context {
  readonly environment: Environment;
  readonly duration: ReadDuration;
  readonly problems: Problems;
}

/** Clusters by name. In a pod, the one around it is among them by itself. */
export function readClusters(
  documents: Readonly<Record<string, ClusterDocument>>,
  context: Context,
): ReadonlyMap<string, ClusterConfiguration> {
  const clusters = new Map(implicitClusters(context.environment));
  for (const [name, document] of Object.entries(documents)) {
    const setting = `clusters.${name}`;
    const timeout = context.duration(`${setting}.timeout`, document.timeout ?? '5s', 100, 60_000);
    const access = readAccess(setting, document, context);
    const { issuer = [] } = document;
    const issuers = typeof issuer === 'string' ? [issuer] : issuer;
    if (access !== undefined) clusters.set(name, { name, access, issuers, timeout });
  }
  return clusters;
}

/** What there is without saying so. */
export function implicitClusters(environment: Environment): ReadonlyMap<string, ClusterConfiguration> {
  const access = inCluster(environment, environment.SERVICE_ACCOUNT_FOLDER || FOLDER);
  return new Map(access && [[IN_CLUSTER, { name: IN_CLUSTER, access, timeout: TIMEOUT }]]);
}

function readAccess(
  setting: string,
  { inCluster: pod, kubeconfig, server }: ClusterDocument,
  { environment, problems }: Context,
): ClusterAccess | undefined {
  if ([pod, kubeconfig, server].filter((way) => way !== undefined).length !== 1) {
    problems.add(setting, 'needs exactly one of inCluster, kubeconfig and server');
    return undefined;
  }
  if (kubeconfig !== undefined) return { kind: 'kubeconfig', file: kubeconfig.file, context: kubeconfig.context };
  if (server !== undefined) {
    const { url, caFile, tokenFile } = server;
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed?.protocol === 'https:' && !parsed.username && !parsed.password && !parsed.search && !parsed.hash) {
      return { kind: 'url', url: parsed, caFile, tokenFile };
    }
    problems.add(`${setting}.server.url`, 'must begin with https:// and have no credentials, query or fragment');
    return undefined;
  }
  const access = inCluster(environment, pod?.folder ?? (environment.SERVICE_ACCOUNT_FOLDER || FOLDER));
  if (access === undefined) {
    problems.add(
      `${setting}.inCluster`,
      'needs KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, which Kubernetes sets in pods; use kubeconfig or server elsewhere',
    );
  }
  return access;
}

function inCluster(environment: Environment, folder: string): ClusterAccess | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  return host && port ? { kind: 'inCluster', host, port: Number(port), folder } : undefined;
}
