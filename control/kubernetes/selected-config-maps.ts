import type { Clock } from '../decide/ports.ts';
import type { Api } from './cluster/api.ts';
import { Coalesce } from './coalesce.ts';
import type { ConfigMap } from './config-map.ts';
import { readConfigMap } from './config-map.ts';
import { Allowance, type Limits } from './watch/allowance.ts';
import { Watch, type WatchState, type WatchTimes } from './watch/watch.ts';
import { isSettled, WatchSet } from './watch/watch-set.ts';

/** Which namespaces are looked into. */
export type NamespaceSelection =
  /** No right to list namespaces is needed. */
  | { readonly kind: 'names'; readonly names: readonly string[] }
  /** As in `kubectl --selector`. */
  | { readonly kind: 'labels'; readonly selector: string };

/** ConfigMaps by `namespace/name`, in that order. */
export type ConfigMapSnapshot = ReadonlyMap<string, ConfigMap>;

export interface SelectedConfigMapsOptions {
  readonly api: Api;
  readonly namespaces: NamespaceSelection;
  /** Which ConfigMaps of these namespaces, as in `kubectl --selector`. */
  readonly labelSelector: string;
  /** Every ConfigMap, once all first lists are in and after each change. It must not throw. */
  readonly changed: (snapshot: ConfigMapSnapshot) => void;
  /** {@link SelectedConfigMaps.state} is different. */
  readonly stateChanged?: () => void;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly times?: WatchTimes;
  /** ms for which changes are gathered before they are told, 100 by default. */
  readonly delay?: number;
  readonly limits?: Partial<SelectedConfigMapsLimits>;
}

export interface SelectedConfigMapsLimits {
  readonly namespaces: number;
  /** Of one namespace. */
  readonly perNamespace: Limits;
  /** Of all together. */
  readonly total: Limits;
}

export interface SelectedConfigMapsState {
  /** Whether every namespace was read once, or may not be read; it stays so. */
  readonly synced: boolean;
  /** Of the namespaces themselves; undefined where they are a fixed list. */
  readonly namespaces: WatchState | undefined;
  /** By namespace. */
  readonly configMaps: ReadonlyMap<string, WatchState>;
}

const DELAY = 100;
const MEBIBYTE = 1024 * 1024;
const LIMITS: SelectedConfigMapsLimits = {
  namespaces: 500,
  perNamespace: { objects: 200, bytes: 8 * MEBIBYTE },
  total: { objects: 10_000, bytes: 64 * MEBIBYTE },
};

/** The labelled ConfigMaps of the selected namespaces, as they are at the moment. */
export class SelectedConfigMaps {
  readonly #options: SelectedConfigMapsOptions;
  readonly #namespaces: Watch<string> | undefined;
  readonly #configMaps: WatchSet<ConfigMap>;
  readonly #update: Coalesce;
  #namespacesListed: boolean;
  #synced = false;
  #changed = false;

  constructor(options: SelectedConfigMapsOptions) {
    const { namespaces, labelSelector, delay = DELAY } = options;
    const limits = { ...LIMITS, ...options.limits };
    const total = new Allowance(limits.total);
    this.#options = options;
    this.#update = new Coalesce(delay, () => this.#tell());
    this.#configMaps = new WatchSet((namespace, changed) => {
      return new Watch({
        ...this.#common(),
        selection: { resource: 'configmaps', namespace, labelSelector },
        read: readConfigMap,
        allowance: new Allowance(limits.perNamespace, total),
        changed: (items) => {
          changed(items);
          this.#note();
        },
      });
    });
    this.#namespacesListed = namespaces.kind === 'names';
    if (namespaces.kind === 'names') this.#configMaps.follow(new Set(namespaces.names));
    else this.#namespaces = this.#watchNamespaces(namespaces.selector, limits.namespaces);
    this.#note();
  }

  state(): SelectedConfigMapsState {
    return {
      synced: this.#synced,
      namespaces: this.#namespaces?.state(),
      configMaps: new Map(this.#configMaps.members().map(([namespace, { state }]) => [namespace, state])),
    };
  }

  async close(): Promise<void> {
    this.#update.close();
    await Promise.all([this.#namespaces?.close(), this.#configMaps.close()]);
    this.#update.close();
  }

  #watchNamespaces(labelSelector: string, objects: number): Watch<string> {
    return new Watch({
      ...this.#common(),
      selection: { resource: 'namespaces', labelSelector },
      read: ({ name }) => name,
      // A namespace takes little more than its name and labels.
      allowance: new Allowance({ objects, bytes: 8 * MEBIBYTE }),
      changed: (names) => {
        this.#namespacesListed = true;
        const different = this.#configMaps.follow(new Set(names.keys()));
        if (different) this.#note();
      },
    });
  }

  #common() {
    const { api, clock, random, times } = this.#options;
    const stateChanged = () => this.#update.request();
    return { api, clock, stateChanged, ...(random && { random }), ...(times && { times }) };
  }

  #note(): void {
    this.#changed = true;
    this.#update.request();
  }

  #tell(): void {
    const members = this.#configMaps.members();
    this.#synced ||= this.#namespacesListed && members.every(([, { state }]) => isSettled(state));
    if (this.#synced && this.#changed) {
      this.#changed = false;
      const all = members.flatMap(([, { items }]) => [...(items ?? [])]);
      this.#options.changed(new Map(all.sort(([one], [other]) => (one < other ? -1 : 1))));
    }
    this.#options.stateChanged?.();
  }
}
