import type { ClusterConfiguration } from '../config/cluster.ts';
import { AccessError } from './access/access.ts';
import type { Answer, Api, ApiRequest, Failure, Opened } from './cluster/api.ts';
import { Cluster, type ClusterOptions } from './cluster/cluster.ts';

/** Connections to clusters, each opened when it is first used and kept while the configuration has it. */
export class ClusterPool {
  readonly #options: ClusterOptions;
  readonly #members = new Map<string, Member>();

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** The same for as long as the configuration is. */
  get(configuration: ClusterConfiguration): Api {
    const key = keyOf(configuration);
    const member = this.#members.get(key) ?? new Member(configuration, this.#options);
    this.#members.set(key, member);
    return member;
  }

  /** Ends the connections to all others. */
  async keep(configurations: Iterable<ClusterConfiguration>): Promise<void> {
    const kept = new Set([...configurations].map(keyOf));
    const over = [...this.#members].filter(([key]) => !kept.has(key));
    for (const [key] of over) this.#members.delete(key);
    await Promise.all(over.map(([, member]) => member.close()));
  }

  /** Breaks watches off, and waits for calls under way. */
  close(): Promise<void> {
    return this.keep([]);
  }
}

/** Tells clusters apart: all that their configurations say. */
export function keyOf({ name, access, timeout }: ClusterConfiguration): string {
  return JSON.stringify([name, access, timeout]);
}

/** A cluster whose files may not be there yet: then a request fails as if its API server did not answer. */
class Member implements Api {
  readonly #configuration: ClusterConfiguration;
  readonly #options: ClusterOptions;
  #opening: Promise<Cluster> | undefined;
  #closed = false;

  constructor(configuration: ClusterConfiguration, options: ClusterOptions) {
    this.#configuration = configuration;
    this.#options = options;
  }

  call(request: ApiRequest): Promise<Answer | Failure> {
    return this.#use((cluster) => cluster.call(request));
  }

  open(request: ApiRequest & { readonly signal: AbortSignal }): Promise<Opened | Failure> {
    return this.#use((cluster) => cluster.open(request));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const cluster = await this.#opening?.catch(() => undefined);
    await cluster?.close();
  }

  async #use<Result>(send: (cluster: Cluster) => Promise<Result>): Promise<Result | Failure> {
    if (this.#closed) return unavailable('the cluster is no longer in the configuration');
    this.#opening ??= Cluster.open(this.#configuration, this.#options);
    const opening = this.#opening;
    try {
      return await send(await opening);
    } catch (error) {
      // The next request looks at the files again.
      if (this.#opening === opening) this.#opening = undefined;
      if (!(error instanceof AccessError)) throw error;
      return unavailable(error.message);
    }
  }
}

function unavailable(message: string): Failure {
  return { kind: 'failed', reason: 'unavailable', message };
}
