import { type Lock, type Reading, type Remote, RemoteError } from '../../../../control/cache/shared/remote.ts';
import type { Clock } from '../../../../control/decide/ports.ts';

interface Entry {
  readonly bytes: Buffer;
  /** Monotonic clock, ms. */
  readonly end: number;
}

/** What a Valkey server does for replicas, in memory; a test says when it fails or hangs. */
export class FakeServer {
  /** What it holds, by name. */
  readonly entries = new Map<string, Entry>();
  readonly #clock: Clock;
  /** `hangs`: it never answers. A code: it refuses everything. */
  state: 'works' | 'hangs' | { readonly code: string } = 'works';
  /** Operations that reached it. */
  asked = 0;
  resets = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  connect(): Remote {
    return {
      starting: false,
      read: (names, lock) =>
        this.#answer((): Reading => {
          const locked = lock !== undefined && this.#get(lock.name) === undefined;
          if (locked) this.#set(lock.name, Buffer.from(lock.holder), lock.expiry);
          const stored = names.map((name) => {
            const entry = this.#get(name);
            return entry && { bytes: entry.bytes, remaining: entry.end - this.#clock.monotonic() };
          });
          return { locked, stored };
        }),
      write: (name, bytes, lifetime, onlyIfAbsent) =>
        this.#answer(() => {
          if (onlyIfAbsent !== true || this.#get(name) === undefined) this.#set(name, bytes, lifetime);
        }),
      extend: (lock) =>
        this.#answer(() => {
          if (this.#isHeldBy(lock)) this.#set(lock.name, Buffer.from(lock.holder), lock.expiry);
        }),
      release: (lock) =>
        this.#answer(() => {
          if (this.#isHeldBy(lock)) this.entries.delete(lock.name);
        }),
      reset: () => {
        this.resets += 1;
      },
      close: () => {},
    };
  }

  /** Everything that it holds, names included, as a thief would find it. */
  dump(): string {
    return [...this.entries].map(([name, { bytes }]) => `${name} ${bytes.toString('latin1')}`).join('\n');
  }

  /** Names of what has not expired. */
  names(): string[] {
    return [...this.entries.keys()].filter((name) => this.#get(name) !== undefined);
  }

  #answer<Result>(act: () => Result): Promise<Result> {
    this.asked += 1;
    if (this.state === 'hangs') return new Promise(() => {});
    if (this.state !== 'works') return Promise.reject(new RemoteError(this.state.code));
    return Promise.resolve(act());
  }

  #get(name: string): Entry | undefined {
    const entry = this.entries.get(name);
    return entry !== undefined && entry.end > this.#clock.monotonic() ? entry : undefined;
  }

  #set(name: string, bytes: Buffer, lifetime: number): void {
    this.entries.set(name, { bytes, end: this.#clock.monotonic() + lifetime });
  }

  #isHeldBy({ name, holder }: Lock): boolean {
    return this.#get(name)?.bytes.toString() === holder;
  }
}
