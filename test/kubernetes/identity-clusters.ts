import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { ConfigurationDocument, EntryDocument } from '../../control/config/document.ts';
import type { ClusterDocument } from '../../control/config/read-clusters.ts';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { namespace, serviceAccount } from './manifests.ts';

const MANIFESTS = fileURLToPath(new URL('../../deploy/kubernetes-identity/', import.meta.url));

/** What a caller's token is asked to be. */
export interface CallerTokenOptions {
  name?: string;
  namespace?: string;
  audiences?: string[];
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

  static async start(): Promise<IdentityClusters> {
    const folder = mkdtempSync(join(tmpdir(), 'identity-clusters-'));
    const workload = await KubeApiserver.start();
    try {
      const clusters = new IdentityClusters(workload, await KubeApiserver.start(), folder);
      await clusters.#setUp();
      return clusters;
    } catch (error) {
      await workload.stop();
      throw error;
    }
  }

  /** Control's `clusters`. */
  get clusters(): Record<string, ClusterDocument> {
    return {
      workload: { server: this.#server(this.workload, 'workload'), issuer: this.workload.url, timeout: '3s' },
      management: { server: this.#server(this.management, 'management'), timeout: '3s' },
    };
  }

  /** The entry that `control.yaml` has, for all hosts below a path, with another maximum age perhaps. */
  entry(pathPrefix: string, change: Partial<EntryDocument['kubernetes']> = {}): EntryDocument {
    const { policy } = parse(read('control.yaml')) as ConfigurationDocument;
    const [entry] = policy.entries;
    if (entry?.kubernetes === undefined) throw new Error('control.yaml has no such entry');
    return { ...entry, id: pathPrefix.slice(1), match: { pathPrefix }, kubernetes: { ...entry.kubernetes, ...change } };
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

  #server({ url, caFile }: KubeApiserver, file: string): NonNullable<ClusterDocument['server']> {
    return { url, caFile, tokenFile: join(this.#folder, file) };
  }
}

function read(name: string): string {
  return readFileSync(join(MANIFESTS, name), 'utf8');
}
