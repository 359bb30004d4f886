import type { Watch, WatchState } from './watch.ts';

/** A watch of the set, with what it holds. */
export interface Member<Item> {
  /** Undefined before the first list. */
  readonly items: ReadonlyMap<string, Item> | undefined;
  readonly state: WatchState;
}

/** Begins the watch of a key, and hands what it tells to `changed`. */
export type StartWatch<Item> = (key: string, changed: (items: ReadonlyMap<string, Item>) => void) => Watch<Item>;

/** Watches by key, of which some end and others begin as time goes by. */
export class WatchSet<Item> {
  readonly #start: StartWatch<Item>;
  readonly #members = new Map<string, { watch: Watch<Item>; items: ReadonlyMap<string, Item> | undefined }>();
  readonly #ending = new Set<Promise<void>>();

  constructor(start: StartWatch<Item>) {
    this.#start = start;
  }

  /** Watches exactly these from now on. @returns whether these are others than before */
  follow(keys: ReadonlySet<string>): boolean {
    const over = [...this.#members.keys()].filter((key) => !keys.has(key));
    const begun = [...keys].filter((key) => !this.#members.has(key));
    for (const key of over) this.#end(key);
    for (const key of begun) this.#begin(key);
    return over.length > 0 || begun.length > 0;
  }

  get(key: string): Member<Item> | undefined {
    const member = this.#members.get(key);
    return member && { items: member.items, state: member.watch.state() };
  }

  /** In the order of the keys. */
  members(): readonly (readonly [string, Member<Item>])[] {
    const keys = [...this.#members.keys()].sort();
    return keys.flatMap((key) => {
      const member = this.get(key);
      return member === undefined ? [] : [[key, member] as const];
    });
  }

  async close(): Promise<void> {
    this.follow(new Set());
    await Promise.all(this.#ending);
  }

  #begin(key: string): void {
    const watch = this.#start(key, (items) => {
      const member = this.#members.get(key);
      if (member !== undefined) member.items = items;
    });
    this.#members.set(key, { watch, items: undefined });
  }

  #end(key: string): void {
    const ended = this.#members.get(key)?.watch.close() ?? Promise.resolve();
    this.#members.delete(key);
    this.#ending.add(ended);
    void ended.finally(() => this.#ending.delete(ended));
  }
}

/** Whether all that can be known for now is known: the first list has come, or waiting for it is of no use. */
export function isSettled({ synced, failure }: WatchState): boolean {
  return synced || failure?.reason === 'forbidden' || failure?.reason === 'tooLarge';
}
