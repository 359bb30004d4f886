import type { ClusterConfiguration } from '../config/cluster.ts';
import type { PolicyConfigMaps } from '../config/policy-config-maps.ts';
import { keyOf } from './cluster-pool.ts';
import type { ConfigMap } from './config-map.ts';
import type { ConfigMapSnapshot, SelectedConfigMaps } from './selected-config-maps.ts';
import type { WatchState } from './watch/watch.ts';

/** Begins to watch; `changed` gets every ConfigMap, once all are known and after each change. */
type WatchConfigMaps = (
  cluster: ClusterConfiguration,
  selected: Pick<PolicyConfigMaps, 'selector' | 'namespaces'>,
  changed: (snapshot: ConfigMapSnapshot) => void,
) => SelectedConfigMaps;

interface Member {
  readonly watch: SelectedConfigMaps;
  /** Undefined: not all is known yet. */
  snapshot: ConfigMapSnapshot | undefined;
}

/** What is known of the selected ConfigMaps. */
export interface ReadConfigMaps {
  readonly configMaps: readonly ConfigMap[];
  /** Namespaces whose ConfigMaps have never been read, and why. */
  readonly unread: ReadonlyMap<string, string>;
}

/** The ConfigMaps that the configuration selects; those of the one in force, and of one that is to follow it. */
export class FollowedConfigMaps {
  readonly #watch: WatchConfigMaps;
  readonly #members = new Map<string, Member>();

  constructor(watch: WatchConfigMaps) {
    this.#watch = watch;
  }

  /** @returns undefined when not all is known yet; whoever is told of changes will be told then */
  read(selected: PolicyConfigMaps): ReadConfigMaps | undefined {
    const key = memberKey(selected);
    const member = this.#members.get(key) ?? this.#begin(selected);
    this.#members.set(key, member);
    const { snapshot, watch } = member;
    return snapshot && { configMaps: [...snapshot.values()], unread: unreadOf(watch) };
  }

  /** Those of this configuration are all that there are. */
  async keep(selected: PolicyConfigMaps | undefined): Promise<void> {
    const kept = selected && memberKey(selected);
    const over = [...this.#members].filter(([key]) => key !== kept);
    for (const [key] of over) this.#members.delete(key);
    await Promise.all(over.map(([, { watch }]) => watch.close()));
  }

  /** Namespaces whose ConfigMaps have never been read and cannot be, in order. */
  unread(): readonly string[] {
    return [...this.#members.values()].flatMap(({ watch }) => [...unreadOf(watch).keys()]).sort();
  }

  /** For status. */
  states(): readonly (readonly [string, WatchState])[] {
    return [...this.#members.values()].flatMap(({ watch }) => {
      const { namespaces, configMaps } = watch.state();
      const all = [...configMaps].map(([namespace, state]) => [`configmaps of namespace ${namespace}`, state] as const);
      return namespaces === undefined ? all : [['namespaces', namespaces] as const, ...all];
    });
  }

  #begin({ cluster, selector, namespaces }: PolicyConfigMaps): Member {
    const watch = this.#watch(cluster, { selector, namespaces }, (snapshot) => {
      member.snapshot = snapshot;
    });
    const member: Member = { watch, snapshot: undefined };
    return member;
  }
}

function unreadOf(watch: SelectedConfigMaps): ReadConfigMaps['unread'] {
  const states = [...watch.state().configMaps];
  return new Map(
    states.flatMap(([namespace, { synced, failure }]) => (synced || !failure ? [] : [[namespace, failure.message]])),
  );
}

/** What is watched; what becomes of it is another matter. */
function memberKey({ cluster, selector, namespaces }: PolicyConfigMaps): string {
  return JSON.stringify([keyOf(cluster), selector, namespaces]);
}
