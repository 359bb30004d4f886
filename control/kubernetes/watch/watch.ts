import { setTimeout as delay } from 'node:timers/promises';
import { Backoff, type Pauses } from '../../backoff.ts';
import type { Clock } from '../../decide/ports.ts';
import { describeFailure } from '../../describe-failure.ts';
import type { Api, Failure } from '../cluster/api.ts';
import { tooLarge } from '../cluster/failure.ts';
import type { Allowance } from './allowance.ts';
import { readEvents, type WatchEvent } from './events.ts';
import { HeldObjects } from './held-objects.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { describe, list } from './list.ts';
import { openWatch } from './open-watch.ts';
import type { Selection } from './selection.ts';

/** How long things take; all of it but `pauses` is varied a little, so that many watches do not meet. */
export interface WatchTimes {
  /** ms after which everything is listed again, whatever the watch has told. */
  readonly resync: number;
  /** ms for which one request watches. */
  readonly request: number;
  /** Between attempts while something fails. */
  readonly pauses: Pauses;
}

const WATCH_TIMES: WatchTimes = {
  resync: 600_000,
  request: 300_000,
  pauses: { first: 500, maximum: 60_000 },
};

export interface WatchOptions<Item> {
  readonly api: Api;
  readonly selection: Selection;
  /** What is held of an object; it must not throw. */
  readonly read: (object: KubernetesObject) => Item;
  /** The full set, after the first list and after each change. */
  readonly changed: (items: ReadonlyMap<string, Item>) => void;
  /** {@link Watch.state} is different. */
  readonly stateChanged?: (state: WatchState) => void;
  readonly allowance: Allowance;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random?: () => number;
  readonly times?: WatchTimes;
}

/** How a watch is doing, for readiness, status and metrics. */
export interface WatchState {
  /** Whether the first list has come. */
  readonly synced: boolean;
  /** ms since the API server last said anything of these objects; undefined before the first list. */
  readonly lastSyncAge: number | undefined;
  /** Why they cannot be watched at the moment; what is held stays. */
  readonly failure: Failure | undefined;
}

/** Where a watch goes on from. */
interface Position {
  version: string;
  readonly server: object;
  /** Monotonic clock, ms. */
  readonly listedAt: number;
  readonly listAgainAt: number;
}

/** ms; one that ends sooner, and has told nothing, did not work. */
const SHORTEST_WATCH = 1000;

/** Holds a set of objects as the API server has them: lists them, watches them, and begins anew when anything is amiss. */
export class Watch<Item> {
  readonly #options: WatchOptions<Item>;
  readonly #times: WatchTimes;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #held: HeldObjects<Item>;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  /** Undefined: everything has to be listed. */
  #position: Position | undefined;
  #heardAt: number | undefined;
  #failure: Failure | undefined;

  constructor(options: WatchOptions<Item>) {
    this.#options = options;
    this.#times = options.times ?? WATCH_TIMES;
    this.#random = options.random ?? Math.random;
    this.#backoff = new Backoff(this.#random, this.#times.pauses);
    this.#held = new HeldObjects(options.read, options.allowance);
    this.#running = this.#run();
  }

  state(): WatchState {
    const heardAt = this.#heardAt;
    return {
      synced: heardAt !== undefined,
      lastSyncAge: heardAt === undefined ? undefined : this.#now() - heardAt,
      failure: this.#failure,
    };
  }

  /** Ends it; nothing is called any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    this.#options.allowance.release();
  }

  async #run(): Promise<void> {
    // Whoever makes a watch must hold it before it calls back.
    await Promise.resolve();
    while (!this.#closing.signal.aborted) {
      const failure = await this.#attempt().catch((error: unknown) => {
        return unavailable(`the watch broke off: ${describeFailure(error)}`);
      });
      if (failure !== undefined && !this.#closing.signal.aborted) await this.#pauseAfter(failure);
    }
  }

  /** A list where it is due, and then one request that watches, or a pause. */
  async #attempt(): Promise<Failure | undefined> {
    if (this.#position === undefined || this.#now() >= this.#position.listAgainAt) {
      const failure = await this.#list();
      if (failure !== undefined) return failure;
    }
    return this.#position === undefined ? this.#untilNextLook() : this.#follow(this.#position);
  }

  /** Where nothing may be watched, it is looked at now and then. */
  async #untilNextLook(): Promise<undefined> {
    this.#backoff.succeeded();
    if (this.#failure !== undefined) this.#tell(undefined);
    await pauseFor(this.#times.pauses.maximum, this.#closing.signal);
  }

  async #list(): Promise<Failure | undefined> {
    const { api, selection, allowance } = this.#options;
    const listed = await list(api, selection, allowance.limits, this.#closing.signal);
    if (listed.kind === 'failed') return listed;
    if (this.#closing.signal.aborted) return undefined;
    const changed = this.#held.replaceAll(listed.objects);
    if (changed === undefined) return this.#tooMany();
    const { version, server } = listed;
    const listedAt = this.#now();
    const listAgainAt = listedAt + this.#vary(this.#times.resync);
    this.#position = version === undefined ? undefined : { version, server, listedAt, listAgainAt };
    const first = this.#heardAt === undefined;
    this.#heardAt = listedAt;
    if (changed || first) this.#options.changed(this.#held.items());
    if (first) this.#tell(undefined);
    return undefined;
  }

  /** @throws whatever the connection breaks with; the position is as far as the watch has come */
  async #follow(position: Position): Promise<Failure | undefined> {
    const { api, selection, allowance } = this.#options;
    const duration = Math.min(position.listAgainAt - this.#now(), this.#vary(this.#times.request));
    const { opened, end } = await openWatch(api, selection, position.version, duration, this.#closing.signal);
    // Where no answer came, the version may still be good for the next attempt.
    if (opened.kind === 'failed') return opened.status === undefined ? opened : this.#startOver(opened);
    const openedAt = this.#now();
    const worked = () => this.#now() - openedAt >= SHORTEST_WATCH;
    let told = false;
    try {
      // Another server's versions mean something else.
      if (opened.server !== position.server) return this.#startOver();
      if (this.#failure !== undefined) this.#tell(undefined);
      for await (const events of readEvents(opened.body, allowance.limits.bytes)) {
        const failure = this.#apply(events, position);
        if (failure !== undefined) return this.#startOver(failure);
        told = true;
        this.#heardAt = this.#now();
        this.#backoff.succeeded();
      }
    } finally {
      end();
      if (worked()) this.#backoff.succeeded();
    }
    return told || worked() ? undefined : this.#startOver(unavailable('the watch ended at once'));
  }

  #apply(events: readonly WatchEvent[], position: Position): Failure | undefined {
    let changed = false;
    let failure: Failure | undefined;
    for (const event of events) {
      if (event.kind === 'failed') {
        failure = event;
        break;
      }
      position.version = event.kind === 'bookmark' ? event.version : event.object.version;
      const different = this.#hold(event);
      if (different === undefined) failure = this.#tooMany();
      else changed ||= different;
    }
    if (changed && !this.#closing.signal.aborted) this.#options.changed(this.#held.items());
    return failure;
  }

  /** @returns whether anything is different; undefined when it is too much */
  #hold(event: Exclude<WatchEvent, Failure>): boolean | undefined {
    if (event.kind === 'bookmark') return false;
    return event.kind === 'put' ? this.#held.put(event) : this.#held.remove(event.object);
  }

  /** Everything will be listed again. That a version is too old is no failure, unless it was listed a moment ago. */
  #startOver(failure?: Failure): Failure | undefined {
    const listedAt = this.#position?.listedAt ?? Number.NEGATIVE_INFINITY;
    this.#position = undefined;
    return failure?.reason === 'gone' && this.#now() - listedAt >= SHORTEST_WATCH ? undefined : failure;
  }

  async #pauseAfter(failure: Failure): Promise<void> {
    this.#backoff.failed(this.#now());
    this.#tell(failure);
    const asked = Math.min(failure.retryAfter ?? 0, this.#times.pauses.maximum);
    const pause = Math.max(this.#backoff.remaining(this.#now()), asked);
    await pauseFor(pause, this.#closing.signal);
  }

  #tell(failure: Failure | undefined): void {
    this.#failure = failure;
    if (!this.#closing.signal.aborted) this.#options.stateChanged?.(this.state());
  }

  #tooMany(): Failure {
    const limits = describe(this.#options.allowance.limits);
    return tooLarge(`there are more than ${limits}, or too many together with those of other watches`);
  }

  #vary(duration: number): number {
    return duration * (0.9 + this.#random() / 10);
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}

/** @param duration ms */
async function pauseFor(duration: number, signal: AbortSignal): Promise<void> {
  await delay(duration, undefined, { ref: false, signal }).catch(() => {});
}

function unavailable(message: string): Failure {
  return { kind: 'failed', reason: 'unavailable', message };
}
