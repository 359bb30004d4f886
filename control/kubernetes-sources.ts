import type { Configuration } from './config/configuration.ts';
import type { OperatorContext } from './config/operator-value.ts';
import type { PolicyDocumentSource } from './config/policy-source.ts';
import type { WatchStatus } from './decide/policy-status.ts';
import type { Clock } from './decide/ports.ts';
import type { AccessObserver } from './kubernetes/access/watched-access.ts';
import { ClusterPool } from './kubernetes/cluster-pool.ts';
import { FollowedConfigMaps } from './kubernetes/followed-config-maps.ts';
import { FollowedSecrets } from './kubernetes/followed-secrets.ts';
import { SelectedConfigMaps } from './kubernetes/selected-config-maps.ts';
import { WatchedSecrets } from './kubernetes/watched-secrets.ts';
import { documentsOf, unreadDocuments } from './policy/sources/policy-config-maps.ts';

interface KubernetesSourcesOptions {
  readonly clock: Clock;
  readonly observer: AccessObserver;
  /** Something that the configuration reads, or its documents, or how a watch is doing, is different. */
  readonly changed: (what: 'configuration' | 'documents' | 'watches') => void;
}

/** ms for which Secrets are waited for that nobody knows yet. */
const PATIENCE = 10_000;

/** What of the configuration and of policy is in Kubernetes. */
export class KubernetesSources {
  readonly clusters: ClusterPool;
  readonly secrets: FollowedSecrets;
  readonly #configMaps: FollowedConfigMaps;
  /** Namespaces that could not be read, when that was looked at last. */
  #unread = '';

  constructor({ clock, observer, changed }: KubernetesSourcesOptions) {
    this.clusters = new ClusterPool({ clock, observer });
    this.secrets = new FollowedSecrets({
      watch: (cluster) =>
        new WatchedSecrets({ api: this.clusters.get(cluster), clock, changed: () => changed('configuration') }),
      patience: PATIENCE,
      clock,
    });
    this.#configMaps = new FollowedConfigMaps(
      (cluster, { selector, namespaces }, take) =>
        new SelectedConfigMaps({
          ...{ api: this.clusters.get(cluster), clock, namespaces, labelSelector: selector },
          changed: (snapshot) => {
            take(snapshot);
            changed('documents');
          },
          stateChanged: () => {
            changed('watches');
            if (this.#unreadIsDifferent()) changed('documents');
          },
        }),
    );
  }

  /** Documents of policy in ConfigMaps; undefined when not all of them are known yet. */
  documents({ policy }: Configuration, operator: OperatorContext): readonly PolicyDocumentSource[] | undefined {
    const { configMaps } = policy;
    if (configMaps === undefined) return [];
    const known = this.#configMaps.read(configMaps);
    if (known === undefined) return undefined;
    return [...documentsOf(known.configMaps, configMaps, operator), ...unreadDocuments(known.unread, configMaps)];
  }

  /** Leaves what only former configurations needed. */
  keep({ clusters, policy }: Configuration): void {
    this.secrets.commit();
    void this.#configMaps.keep(policy.configMaps).then(() => this.clusters.keep(clusters.values()));
  }

  states(): readonly WatchStatus[] {
    return [...this.#configMaps.states(), ...this.secrets.states()].map(([name, { synced, failure }]) => ({
      name,
      synced,
      problem: failure?.message,
    }));
  }

  async close(): Promise<void> {
    await Promise.all([this.#configMaps.keep(undefined), this.secrets.close()]);
    await this.clusters.close();
  }

  #unreadIsDifferent(): boolean {
    const before = this.#unread;
    this.#unread = this.#configMaps.unread().join(' ');
    return this.#unread !== before;
  }
}
