import type { ClusterConfiguration } from '../../config/cluster.ts';
import type { Clock } from '../../decide/ports.ts';
import { describeFailure } from '../../describe-failure.ts';
import { type Access, AccessError, leadsToSameServer } from './access.ts';
import { type ReadFile, readAccess } from './read-access.ts';

/** What a cluster tells about its files; nothing in it is secret. */
export interface AccessObserver {
  /** They say something else now, and that is used from now on. */
  reloaded?(cluster: string): void;
  /** They cannot be used; what they said before stays in use. */
  reloadFailed?(cluster: string, error: AccessError): void;
}

export interface WatchedAccessOptions {
  readonly clock: Clock;
  readonly readFile: ReadFile;
  readonly observer: AccessObserver;
  /** ms between two looks at the files. */
  readonly interval: number;
  /** What the files say is different, and already the current access. */
  readonly changed: (before: Access, now: Access) => void;
}

/** ms between two looks at the files that somebody else asks for. */
const COOLDOWN = 1000;

/** How a cluster is reached, by what its files say at the moment. The last good access stays while they say nothing good. */
export class WatchedAccess {
  readonly #configuration: ClusterConfiguration;
  readonly #options: WatchedAccessOptions;
  readonly #timer: NodeJS.Timeout;
  #current: Access;
  #flight: Promise<void> | undefined;
  #readAt: number;
  #lastProblem = '';
  #closed = false;

  private constructor(configuration: ClusterConfiguration, access: Access, options: WatchedAccessOptions) {
    this.#configuration = configuration;
    this.#options = options;
    this.#current = access;
    this.#readAt = options.clock.monotonic();
    this.#timer = setInterval(() => void this.reload(), options.interval).unref();
  }

  /** @throws AccessError */
  static async open(configuration: ClusterConfiguration, options: WatchedAccessOptions): Promise<WatchedAccess> {
    return new WatchedAccess(configuration, await readAccess(configuration.access, options.readFile), options);
  }

  get current(): Access {
    return this.#current;
  }

  /** Looks at the files soon, because the current access may be outdated; however often that is asked. */
  suspect(): void {
    if (this.#options.clock.monotonic() - this.#readAt >= COOLDOWN) void this.reload();
  }

  /** Looks at the files at once; a look under way is waited for. It never rejects. */
  reload(): Promise<void> {
    this.#flight ??= this.#read().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  /** Looks at the files no more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#flight;
  }

  async #read(): Promise<void> {
    const { clock, readFile, observer, changed } = this.#options;
    const { name, access } = this.#configuration;
    this.#readAt = clock.monotonic();
    try {
      const now = await readAccess(access, readFile);
      this.#lastProblem = '';
      const before = this.#current;
      if (this.#closed || isSame(before, now)) return;
      this.#current = now;
      changed(before, now);
      observer.reloaded?.(name);
    } catch (error) {
      const problem = error instanceof AccessError ? error : new AccessError(describeFailure(error));
      // Every look would tell of the same problem.
      if (problem.message !== this.#lastProblem) observer.reloadFailed?.(name, problem);
      this.#lastProblem = problem.message;
    }
  }
}

function isSame(before: Access, now: Access): boolean {
  return (
    before.token?.digest() === now.token?.digest() &&
    before.namespace === now.namespace &&
    leadsToSameServer(before, now)
  );
}
