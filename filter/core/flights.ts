import { Bytes } from './bytes';
import { Entry } from './entry';
import { Stream } from './stream';

/** One callout under way, and the streams that wait for its answer. */
export class Flight {
  readonly waiters: Stream[] = [];
  token: u32 = 0;
  /** Both clocks, ms, when the callout was sent: ages count from there. */
  sentWall: u64 = 0;
  sentMonotonic: u64 = 0;
  /** In shadow only: what was done to requests that did not last as long as the callout. */
  outcomes: u32[] | null = null;
  /** The entry held when the callout was sent: served again should the callout fail. */
  held: Entry | null = null;

  /**
   * @param name the key's digest as a string, to look the flight up by
   * @param key the key's 32-byte digest
   * @param reference the route asked for, `<id>@<digest>`
   * @param generation the number of the route table it was matched with
   */
  constructor(
    readonly name: string,
    readonly key: Bytes,
    readonly reference: Bytes,
    readonly generation: u32,
  ) {}

  join(stream: Stream): void {
    stream.flight = this;
    stream.waiterIndex = this.waiters.length;
    this.waiters.push(stream);
  }

  /** Forgets a waiter; the last one takes its place, so that any number may leave cheaply. */
  leave(stream: Stream): void {
    const last = this.waiters.pop();
    if (last !== stream) {
      this.waiters[stream.waiterIndex] = last;
      last.waiterIndex = stream.waiterIndex;
    }
    stream.flight = null;
    stream.waiterIndex = -1;
  }
}

/** The digest as a map key: 16 UTF-16 units that compare like the 32 bytes. */
export function nameOf(key: usize): string {
  return String.UTF16.decodeUnsafe(key, 32);
}

/** Callouts under way, at most one per key, and how many streams wait for all of them. */
export class Flights {
  private readonly byName: Map<string, Flight> = new Map<string, Flight>();
  private readonly byToken: Map<u32, Flight> = new Map<u32, Flight>();

  get count(): i32 {
    return this.byToken.size;
  }

  find(key: usize): Flight | null {
    const name = nameOf(key);
    return this.byName.has(name) ? this.byName.get(name) : null;
  }

  start(flight: Flight): void {
    this.byName.set(flight.name, flight);
    this.byToken.set(flight.token, flight);
  }

  /** Takes the flight of a callout out; null for a token that is not one of ours. */
  land(token: u32): Flight | null {
    if (!this.byToken.has(token)) return null;
    const flight = this.byToken.get(token);
    this.byToken.delete(token);
    this.byName.delete(flight.name);
    return flight;
  }
}
