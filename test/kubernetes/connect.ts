import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterAccess } from '../../control/config/cluster.ts';
import type { Clock } from '../../control/decide/ports.ts';
import type { AccessObserver } from '../../control/kubernetes/access/watched-access.ts';
import { Cluster } from '../../control/kubernetes/cluster/cluster.ts';
import type { WatchTimes } from '../../control/kubernetes/watch/watch.ts';
import type { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { grantEverywhere, namespace, type Rule, serviceAccount } from './manifests.ts';

export const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Long enough that no test meets them, with short pauses. */
export const PATIENT: WatchTimes = { resync: 600_000, request: 300_000, pauses: { first: 50, maximum: 1000 } };

/** A service account that control runs as, connected with a token that is in a file. */
export class Broker {
  /** `namespace/name` */
  readonly account: string;
  readonly tokenFile: string;
  readonly cluster: Cluster;
  readonly #folder: string;

  private constructor(account: string, folder: string, cluster: Cluster) {
    this.account = account;
    this.tokenFile = join(folder, 'token');
    this.cluster = cluster;
    this.#folder = folder;
  }

  /**
   * Makes the account, with these rights everywhere.
   *
   * @param url where the API server is reached, its own by default
   */
  static async connect(apiserver: KubeApiserver, rules: Rule[] = [], url = apiserver.url): Promise<Broker> {
    const account = `token-broker/broker-${Math.random().toString(36).slice(2)}`;
    const [home = '', name = ''] = account.split('/');
    await apiserver.admin.apply(namespace(home), serviceAccount(home, name));
    if (rules.length > 0) await apiserver.admin.apply(...grantEverywhere(account, name, ...rules));
    const folder = mkdtempSync(join(tmpdir(), 'broker-'));
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, await apiserver.admin.createToken({ namespace: home, name }));
    const cluster = await open({ kind: 'url', url: new URL(url), caFile: apiserver.caFile, tokenFile });
    return new Broker(account, folder, cluster);
  }

  async stop(): Promise<void> {
    await this.cluster.close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** Opens a cluster that is never looked at again by itself. */
export function open(access: ClusterAccess, observer: AccessObserver = {}): Promise<Cluster> {
  return Cluster.open({ name: 'cluster', access, timeout: 10_000 }, { clock, observer, reloadInterval: 3_600_000 });
}
