import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { KubeApiserver } from './kube-apiserver.ts';
import type { Manifest } from './kubernetes-admin.ts';

const MANIFESTS = fileURLToPath(new URL('../../deploy/kubernetes-identity/', import.meta.url));

/** What a caller's token is asked to be. */
export interface CallerTokenOptions {
  name?: string;
  namespace?: string;
  audiences?: string[];
}

/** A member of control's `clusters`. */
interface ClusterOfControl {
  server: { url: string; caFile: string; tokenFile: string };
  issuer?: string;
  timeout: string;
}

/** Two clusters with the rights that `deploy/kubernetes-identity/` gives control, and the callers that it names. */
export class IdentityClusters {
  readonly workload: KubeApiserver;
  readonly management: KubeApiserver;
  readonly #folder: string;

  private constructor(workload: KubeApiserver, management: KubeApiserver, folder: string) {
    this.workload = workload;
    this.management = management;
    this.#folder = folder;
  }

  /** @param flags of the management cluster's API server */
  static async start(...flags: string[]): Promise<IdentityClusters> {
    const folder = mkdtempSync(join(tmpdir(), 'identity-clusters-'));
    const workload = await KubeApiserver.start();
    try {
      const clusters = new IdentityClusters(workload, await KubeApiserver.start(...flags), folder);
      await clusters.#setUp();
      return clusters;
    } catch (error) {
      await workload.stop();
      throw error;
    }
  }

  /** Control's `clusters`. */
  get clusters(): Record<string, ClusterOfControl> {
    return {
      workload: { server: this.#server(this.workload, 'workload'), issuer: this.workload.url, timeout: '3s' },
      management: { server: this.#server(this.management, 'management'), timeout: '3s' },
    };
  }

  /** What a pod of the management cluster has in its environment, as the account that control runs as. */
  pod(): Record<string, string> {
    const { management } = this;
    const { hostname, port } = new URL(management.url);
    const folder = join(this.#folder, 'pod');
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(this.#folder, 'management'), join(folder, 'token'));
    copyFileSync(management.caFile, join(folder, 'ca.crt'));
    writeFileSync(join(folder, 'namespace'), 'token-broker');
    return { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, SERVICE_ACCOUNT_FOLDER: folder };
  }

  /** A kubeconfig of the account that may review in the workload cluster. @returns its path */
  workloadKubeconfig(): string {
    const { url, caFile } = this.workload;
    const path = join(this.#folder, 'kubeconfig');
    const named = { name: 'workload' };
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'workload' },
      contexts: [{ ...named, context: { cluster: 'workload', user: 'workload' } }],
      clusters: [{ ...named, cluster: { server: url, 'certificate-authority': caFile } }],
      users: [{ ...named, user: { tokenFile: join(this.#folder, 'workload') } }],
    };
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  /** A token as a workload's pod has it. */
  callerToken({ name = 'cart', audiences = ['token-broker'], ...rest }: CallerTokenOptions = {}): Promise<string> {
    return this.workload.admin.createToken({ namespace: 'shop', name, audiences, ...rest });
  }

  async stop(): Promise<void> {
    await Promise.all([this.workload.stop(), this.management.stop()]);
    rmSync(this.#folder, { recursive: true });
  }

  async #setUp(): Promise<void> {
    const { workload, management } = this;
    await workload.admin.applyYaml(read('workload.yaml'));
    await workload.admin.applyYaml(read('key-set.yaml'));
    await management.admin.apply(namespace('token-broker'), serviceAccount('token-broker', 'token-broker'));
    for (const { admin } of [workload, management]) {
      await admin.apply(namespace('shop'), serviceAccount('shop', 'cart'), serviceAccount('shop', 'checkout'));
    }
    await management.admin.applyYaml(read('management.yaml'));
    await this.#writeToken(workload, 'workload', 'token-reviewer');
    await this.#writeToken(management, 'management', 'token-broker');
  }

  async #writeToken({ admin }: KubeApiserver, file: string, name: string): Promise<void> {
    writeFileSync(join(this.#folder, file), await admin.createToken({ namespace: 'token-broker', name }));
  }

  #server({ url, caFile }: KubeApiserver, file: string): ClusterOfControl['server'] {
    return { url, caFile, tokenFile: join(this.#folder, file) };
  }
}

function read(name: string): string {
  return readFileSync(join(MANIFESTS, name), 'utf8');
}

/** The policy entry of `control.yaml`, as it is shipped. */
export function readShippedEntry(): { id: string; action: 'kubernetes'; kubernetes: ShippedAction } {
  return parse(read('control.yaml')).policy.entries[0];
}

interface ShippedAction {
  sources: { cluster: string; audiences: string[] }[];
  target: string;
  accounts: { namespaces: { allow: string[] } };
}

function namespace(name: string): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function serviceAccount(home: string, name: string): Manifest {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: home, name } };
}
