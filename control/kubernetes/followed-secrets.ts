import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterConfiguration } from '../config/cluster.ts';
import type { ReadSecret, SecretAddress } from '../config/secret-reference.ts';
import type { ObjectName } from '../decide/object-name.ts';
import type { Clock } from '../decide/ports.ts';
import { keyOf } from './cluster-pool.ts';
import type { WatchState } from './watch/watch.ts';
import type { SecretState, WatchedSecrets } from './watched-secrets.ts';

interface FollowedSecretsOptions {
  /** Begins to watch Secrets of a cluster. */
  readonly watch: (cluster: ClusterConfiguration) => WatchedSecrets;
  /** ms for which a Secret that nobody knows yet is waited for. */
  readonly patience: number;
  readonly clock: Clock;
}

/** ms between two looks. */
const INTERVAL = 50;

interface Member {
  readonly cluster: ClusterConfiguration;
  readonly secrets: WatchedSecrets;
}

type Names = Map<string, Map<string, ObjectName>>;

/**
 * The Secrets that the configuration names, of all its clusters. Which these are is only known by reading it: each is
 * watched from when it is first asked for, until a configuration comes into force without it.
 */
export class FollowedSecrets {
  readonly #options: FollowedSecretsOptions;
  readonly #members = new Map<string, Member>();
  #wanted: Names = new Map();
  #former: Names = new Map();
  #unknown = 0;

  constructor(options: FollowedSecretsOptions) {
    this.#options = options;
  }

  /** What is asked for from now on is what the configuration names. */
  begin(): void {
    this.#former = this.#wanted;
    this.#wanted = new Map();
  }

  /** What was asked for since {@link begin} is all that there is. */
  commit(): void {
    this.#former = new Map();
    this.#follow();
  }

  /** The configuration is not in force: those of the former one are still wanted. */
  abandon(): void {
    for (const [key, names] of this.#former) {
      const wanted = this.#wanted.get(key) ?? new Map();
      this.#wanted.set(key, new Map([...names, ...wanted]));
    }
    this.#former = new Map();
  }

  readonly read: ReadSecret = ({ cluster, namespace = homeOf(cluster), name }) => {
    if (namespace === undefined) return 'is in no namespace that was named; add namespace';
    const state = this.#find({ cluster, namespace, name });
    switch (state.kind) {
      case 'present':
        return state.values;
      case 'absent':
        return 'is not there; make it, or name another';
      case 'unknown':
        this.#unknown += 1;
        return `cannot be read: ${state.failure?.message ?? 'the API server has not answered yet'}`;
    }
  };

  /**
   * Attempts something that reads Secrets; and again, once what it could not know is known.
   *
   * @throws whatever the last attempt throws
   */
  async attempt<Result>(attempt: () => Result | Promise<Result>): Promise<Result> {
    this.#unknown = 0;
    try {
      const result = await attempt();
      if (this.#unknown === 0) return result;
    } catch (error) {
      if (this.#unknown === 0) throw error;
    }
    await this.#untilKnown();
    return attempt();
  }

  /** By `cluster namespace/name`, for status. */
  states(): readonly (readonly [string, WatchState])[] {
    return [...this.#members.values()].flatMap(({ cluster, secrets }) =>
      [...secrets.states()].map(([name, state]) => [`secret ${name} of cluster ${cluster.name}`, state] as const),
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ secrets }) => secrets.close()));
    this.#members.clear();
  }

  #find({ cluster, namespace, name }: SecretAddress & ObjectName): SecretState {
    const key = keyOf(cluster);
    const wanted = this.#wanted.get(key) ?? new Map();
    this.#wanted.set(key, wanted);
    const member = this.#members.get(key) ?? { cluster, secrets: this.#options.watch(cluster) };
    this.#members.set(key, member);
    wanted.set(`${namespace}/${name}`, { namespace, name });
    member.secrets.follow([...wanted.values(), ...(this.#former.get(key)?.values() ?? [])]);
    return member.secrets.find({ namespace, name });
  }

  async #untilKnown(): Promise<void> {
    const { clock, patience } = this.#options;
    const end = clock.monotonic() + patience;
    const isKnown = () => [...this.#members.values()].every(({ secrets }) => secrets.settled);
    while (!isKnown() && clock.monotonic() < end) await delay(INTERVAL);
  }

  #follow(): void {
    for (const [key, { secrets }] of this.#members) {
      const names = this.#wanted.get(key);
      secrets.follow(names?.values() ?? []);
      if (names !== undefined) continue;
      this.#members.delete(key);
      void secrets.close();
    }
  }
}

/** The namespace of control's own pod. */
function homeOf({ access }: ClusterConfiguration): string | undefined {
  if (access.kind !== 'inCluster') return undefined;
  try {
    return readFileSync(join(access.folder, 'namespace'), 'utf8').trim();
  } catch {
    return undefined;
  }
}
