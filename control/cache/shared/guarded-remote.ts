import type { Clock } from '../../decide/ports.ts';
import type { Operation, SharedCacheObserver } from './observer.ts';
import { type Remote, RemoteError } from './remote.ts';

/** Operations under way at once; whoever asks beyond does without the server, or they would wait for each other and seem slow. */
const MAXIMUM_UNDER_WAY = 1000;

/** Of those that tell the server something: a lock that is not released costs the others its expiry. */
const MAXIMUM_TOLD = 10_000;

/** How often an operation gets its time again because this process was busy and could not have seen the answer. */
const MAXIMUM_EXTENSIONS = 3;

export interface GuardedRemoteOptions {
  readonly remote: Remote;
  /** ms for one operation. */
  readonly timeout: number;
  /** ms for which a server that failed is left alone. */
  readonly bypass: number;
  readonly clock: Clock;
  readonly observer: SharedCacheObserver;
}

/**
 * Keeps a server that is down, slow or refuses from costing more than one timeout: after a failure nothing is asked of it
 * for a while, and then one operation finds out whether it is back. Nothing here ever rejects.
 */
export class GuardedRemote {
  readonly #options: GuardedRemoteOptions;
  #underWay = 0;
  /** Monotonic clock, ms: until when nothing is asked; undefined while the server works. */
  #closedUntil: number | undefined;
  #probing = false;

  constructor(options: GuardedRemoteOptions) {
    this.#options = options;
  }

  /** @returns undefined when the server did not do it */
  async attempt<Result>(operation: Operation, ask: (remote: Remote) => Promise<Result>): Promise<Result | undefined> {
    const { observer, clock, remote } = this.#options;
    if (!this.#mayAsk(operation === 'look' || operation === 'claim' ? MAXIMUM_UNDER_WAY : MAXIMUM_TOLD)) {
      observer.operated(operation, 'bypassed', undefined);
      return undefined;
    }
    const probes = this.#closedUntil !== undefined;
    this.#probing ||= probes;
    this.#underWay += 1;
    const start = clock.monotonic();
    try {
      const result = await this.#inTime(ask(remote));
      observer.operated(operation, 'done', clock.monotonic() - start);
      if (probes) this.#open();
      return result;
    } catch (error) {
      const code = error instanceof RemoteError ? error.code : 'unknown failure';
      observer.operated(operation, code === 'ETIMEDOUT' ? 'timeout' : 'failed', clock.monotonic() - start);
      this.#close(code, probes);
      return undefined;
    } finally {
      if (probes) this.#probing = false;
      this.#underWay -= 1;
    }
  }

  close(): void {
    this.#options.remote.close();
  }

  #mayAsk(limit: number): boolean {
    if (this.#options.remote.starting || this.#underWay >= limit) return false;
    if (this.#closedUntil === undefined) return true;
    return !this.#probing && this.#options.clock.monotonic() >= this.#closedUntil;
  }

  #open(): void {
    this.#closedUntil = undefined;
    this.#options.observer.bypassChanged(undefined);
  }

  /** @param probed what was under way already when the server was given up must not prolong that */
  #close(code: string, probed: boolean): void {
    const { clock, bypass, observer, remote } = this.#options;
    const news = this.#closedUntil === undefined;
    if (!news && !probed) return;
    this.#closedUntil = clock.monotonic() + bypass;
    // What was sent may still be answered, late: no later operation is to wait behind it.
    if (code === 'ETIMEDOUT') remote.reset();
    if (news) observer.bypassChanged(code);
  }

  #inTime<Result>(asked: Promise<Result>): Promise<Result> {
    const { timeout, clock } = this.#options;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout;
      const wait = (extensions: number) => {
        const start = clock.monotonic();
        timer = setTimeout(() => {
          const late = clock.monotonic() - start - timeout;
          if (late > timeout / 2 && extensions > 0) wait(extensions - 1);
          // What has arrived meanwhile has only to be read.
          else setImmediate(() => reject(new RemoteError('ETIMEDOUT')));
        }, timeout);
      };
      wait(MAXIMUM_EXTENSIONS);
      void asked.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}
