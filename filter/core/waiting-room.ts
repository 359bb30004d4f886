import { Bytes } from './bytes';
import { Flight } from './flights';
import { Stream } from './stream';

/** Requests that wait for a route table, in the order they came. */
export class WaitingRoom {
  private flight: Flight = emptyFlight();

  /** @param patience ms a request waits at the most */
  constructor(private readonly patience: u32) {}

  enter(stream: Stream, monotonic: u64): void {
    this.flight.join(stream);
    stream.waitsUntil = monotonic + this.patience;
  }

  /** Takes out everyone. */
  empty(): Stream[] {
    const all = this.flight.waiters;
    this.flight = emptyFlight();
    for (let i = 0; i < all.length; i++) all[i].flight = null;
    return all;
  }

  /** Takes out those who have waited too long. */
  takeExpired(monotonic: u64): Stream[] {
    const expired: Stream[] = [];
    const waiters = this.flight.waiters;
    for (let i = waiters.length - 1; i >= 0; i--) {
      const stream = waiters[i];
      if (monotonic < stream.waitsUntil) continue;
      this.flight.leave(stream);
      expired.push(stream);
    }
    return expired;
  }
}

function emptyFlight(): Flight {
  return new Flight('', new Bytes(), new Bytes(), 0);
}
