import { isObjectName, type ObjectName } from '../decide/object-name.ts';
import type { Clock } from '../decide/ports.ts';
import { Secret } from '../secret.ts';
import type { Api, Failure } from './cluster/api.ts';
import { Coalesce } from './coalesce.ts';
import { record } from './record.ts';
import { Allowance } from './watch/allowance.ts';
import type { KubernetesObject } from './watch/kubernetes-object.ts';
import { Watch, type WatchState, type WatchTimes } from './watch/watch.ts';
import { isSettled, WatchSet } from './watch/watch-set.ts';

export interface WatchedSecretsOptions {
  readonly api: Api;
  /** A value that is followed, or whether it can be read, is different. It must not throw. */
  readonly changed: () => void;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly times?: WatchTimes;
  /** ms for which changes are gathered before they are told, 100 by default. */
  readonly delay?: number;
  /** Secrets followed at once, 500 by default. */
  readonly maximum?: number;
}

/** What is known of a Secret of Kubernetes. */
export type SecretState =
  /** Texts by key, each without a line feed at its end. While the API server fails they are the last that it gave. */
  | { readonly kind: 'present'; readonly values: ReadonlyMap<string, Secret> }
  | { readonly kind: 'absent' }
  /** Nobody has told yet, or `failure` says why nobody can. */
  | { readonly kind: 'unknown'; readonly failure: Failure | undefined };

const DELAY = 100;
const MAXIMUM = 500;
/** Of one Secret, as JSON: Kubernetes allows 1 MiB before it is written in base64. */
const MAXIMUM_BYTES = 4 * 1024 * 1024;

/** Secrets by name, each watched alone, so that rights to just these are enough. */
export class WatchedSecrets {
  readonly #maximum: number;
  readonly #watches: WatchSet<ReadonlyMap<string, Secret>>;
  readonly #update: Coalesce;

  constructor(options: WatchedSecretsOptions) {
    const { api, changed, clock, random, times, delay = DELAY, maximum = MAXIMUM } = options;
    this.#maximum = maximum;
    this.#update = new Coalesce(delay, changed);
    this.#watches = new WatchSet((key, hold) => {
      const [namespace = '', name = ''] = key.split('/');
      return new Watch({
        ...{ api, clock, ...(random && { random }), ...(times && { times }) },
        selection: { resource: 'secrets', namespace, name },
        read: readValues,
        allowance: new Allowance({ objects: 1, bytes: MAXIMUM_BYTES }),
        changed: (items) => {
          hold(items);
          this.#update.request();
        },
        stateChanged: () => this.#update.request(),
      });
    });
  }

  /** Watches exactly these from now on; of too many the last are left out. */
  follow(names: Iterable<ObjectName>): void {
    const keys = [...names].filter(isObjectName).map(keyOf);
    const different = this.#watches.follow(new Set([...new Set(keys)].slice(0, this.#maximum)));
    // Who follows the same again, because something changed, must not be told of that.
    if (different) this.#update.request();
  }

  /** What is known at the moment of a Secret that is followed. */
  find(name: ObjectName): SecretState {
    if (!isObjectName(name)) return unknown('unprocessable', 'no Secret can have such a name');
    const member = this.#watches.get(keyOf(name));
    if (member === undefined) return unknown('tooLarge', `it is not among the ${this.#maximum} that are followed`);
    if (member.items === undefined) return { kind: 'unknown', failure: member.state.failure };
    const [values] = member.items.values();
    return values === undefined ? { kind: 'absent' } : { kind: 'present', values };
  }

  /** Whether all that can be known for now is known of those that are followed. */
  get settled(): boolean {
    return this.#watches.members().every(([, { state }]) => isSettled(state));
  }

  /** By `namespace/name`, for status and metrics. */
  states(): ReadonlyMap<string, WatchState> {
    return new Map(this.#watches.members().map(([key, { state }]) => [key, state]));
  }

  async close(): Promise<void> {
    await this.#watches.close();
    this.#update.close();
  }
}

function keyOf({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`;
}

function unknown(reason: Failure['reason'], message: string): SecretState {
  return { kind: 'unknown', failure: { kind: 'failed', reason, message } };
}

/** As with files, the line feed that editors put at the end is no part of the value. */
function readValues({ members }: KubernetesObject): ReadonlyMap<string, Secret> {
  const texts = Object.entries(record(members.data)).flatMap(([key, value]) =>
    typeof value === 'string' ? [[key, Buffer.from(value, 'base64').toString('utf8')] as const] : [],
  );
  return new Map(texts.map(([key, text]) => [key, new Secret(text.replace(/\r?\n$/, ''))]));
}
