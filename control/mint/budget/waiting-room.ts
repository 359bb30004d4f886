import type { BrokerError } from '../../errors.ts';
import { FairQueue } from './fair-queue.ts';

/** Whether the issuer has accepted a request's credentials before. */
export type Standing = 'known' | 'unknown';

/** Requests of known credentials that go first before one of unknown ones that waits has its turn. */
const KNOWN_IN_A_ROW = 3;

/** A request that waits for its turn. */
export interface Waiter {
  /** Whose it is: clients take turns. */
  readonly lane: string;
  readonly standing: Standing;
  readonly admit: () => void;
  readonly refuse: (refusal: BrokerError) => void;
}

/**
 * Where token requests wait, bounded: those of known credentials first, but never all of them before one of unknown ones.
 * A flood of wrong secrets therefore waits behind the clients that have worked before, and these cannot lock newcomers out.
 */
export class WaitingRoom {
  readonly #queues: Readonly<Record<Standing, FairQueue<Waiter>>>;
  #knownInARow = 0;

  /** @param capacity requests that may wait, of each standing */
  constructor(capacity: number) {
    this.#queues = { known: new FairQueue(capacity), unknown: new FairQueue(capacity) };
  }

  get size(): number {
    return this.#queues.known.size + this.#queues.unknown.size;
  }

  /** Whether those of unknown credentials have stood back for as long as they must. */
  get isOverdue(): boolean {
    return this.#knownInARow >= KNOWN_IN_A_ROW;
  }

  /** The standings in which somebody waits, the one whose turn it is first. */
  get turns(): readonly Standing[] {
    const order: readonly Standing[] = this.isOverdue ? ['unknown', 'known'] : ['known', 'unknown'];
    return order.filter((standing) => this.#queues[standing].size > 0);
  }

  /** @returns the waiter for whom there is no room now: another one, this one, or none */
  add(waiter: Waiter): Waiter | undefined {
    return this.#queues[waiter.standing].add(waiter.lane, waiter);
  }

  take(standing: Standing): Waiter | undefined {
    this.#knownInARow = standing === 'known' && this.#queues.unknown.size > 0 ? this.#knownInARow + 1 : 0;
    return this.#queues[standing].take();
  }

  remove(waiter: Waiter): void {
    this.#queues[waiter.standing].remove(waiter.lane, waiter);
  }

  /** Takes out everybody of a standing. */
  clear(standing: Standing): readonly Waiter[] {
    const waiters: Waiter[] = [];
    const queue = this.#queues[standing];
    for (let waiter = queue.take(); waiter !== undefined; waiter = queue.take()) waiters.push(waiter);
    return waiters;
  }
}
