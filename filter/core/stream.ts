import { Entry } from './entry';
import { Flight } from './flights';
import { Route } from './table';

/** What the filter knows of one HTTP stream. Objects are reused. */
export class Stream {
  id: u32 = 0;
  /** The root context that the stream belongs to. */
  root: u32 = 0;
  /** The entry whose token the request carries, for judging a 401. */
  injected: Entry | null = null;
  /** What the stream waits for, and its place among the waiters. */
  flight: Flight | null = null;
  waiterIndex: i32 = -1;
  /** Monotonic ms at which a wait for a route table ends. */
  waitsUntil: u64 = 0;
  /** True once control did not know its route. */
  routeWasUnknown: bool = false;
  /** How often it was matched anew because the table had changed. */
  rematches: u32 = 0;
  // In shadow only: what we would have done, and what the client itself sent.
  ours: u32 = 0;
  allowed: Entry | null = null;
  route: Route | null = null;
  authorization: u64 = 0;

  reset(id: u32, root: u32): void {
    this.id = id;
    this.root = root;
    this.injected = null;
    this.flight = null;
    this.waiterIndex = -1;
    this.waitsUntil = 0;
    this.routeWasUnknown = false;
    this.rematches = 0;
    this.ours = 0;
    this.allowed = null;
    this.route = null;
    this.authorization = 0;
  }
}

/**
 * Live streams by context id: open addressing with linear probing. It allocates only when more streams are alive at once
 * than ever before, so that a hit leaves the collected heap alone.
 */
export class StreamTable {
  private slots: StaticArray<Stream | null> = new StaticArray<Stream | null>(64);
  private readonly pool: Stream[] = [];
  private live: i32 = 0;

  private home(id: u32): u32 {
    return (id * 0x9e3779b1) & (this.slots.length - 1);
  }

  find(id: u32): Stream | null {
    let at = this.home(id);
    while (true) {
      const stream = unchecked(this.slots[at]);
      if (stream === null || stream.id == id) return stream;
      at = (at + 1) & (this.slots.length - 1);
    }
  }

  add(id: u32, root: u32): void {
    if ((this.live + 1) * 4 > this.slots.length * 3) this.grow();
    const stream = this.pool.length > 0 ? this.pool.pop() : new Stream();
    stream.reset(id, root);
    this.place(stream);
    this.live++;
  }

  private place(stream: Stream): void {
    let at = this.home(stream.id);
    while (this.slots[at] !== null) at = (at + 1) & (this.slots.length - 1);
    this.slots[at] = stream;
  }

  private grow(): void {
    const former = this.slots;
    this.slots = new StaticArray<Stream | null>(former.length * 2);
    for (let i = 0; i < former.length; i++) {
      const stream = former[i];
      if (stream !== null) this.place(stream);
    }
  }

  remove(id: u32): void {
    const mask = <u32>this.slots.length - 1;
    let at = this.home(id);
    while (true) {
      const stream = unchecked(this.slots[at]);
      if (stream === null) return;
      if (stream.id == id) break;
      at = (at + 1) & mask;
    }
    const gone = this.slots[at]!;
    gone.reset(0, 0);
    this.pool.push(gone);
    this.live--;
    this.closeGap(at, mask);
  }

  /** Moves later entries of the probe sequence up, so that lookups never meet a hole. */
  private closeGap(gap: u32, mask: u32): void {
    let at = gap;
    while (true) {
      at = (at + 1) & mask;
      const stream = unchecked(this.slots[at]);
      if (stream === null) break;
      const home = this.home(stream.id);
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      this.slots[gap] = stream;
      gap = at;
    }
    this.slots[gap] = null;
  }
}
