import type { Allowance } from './allowance.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

/** One object with the bytes that it took as JSON. */
export interface Sized {
  readonly object: KubernetesObject;
  readonly bytes: number;
}

interface Held<Item> {
  readonly version: string;
  readonly bytes: number;
  readonly item: Item;
}

/** The objects of one watch, in the form that its user made of them. */
export class HeldObjects<Item> {
  readonly #read: (object: KubernetesObject) => Item;
  readonly #allowance: Allowance;
  #held = new Map<string, Held<Item>>();

  constructor(read: (object: KubernetesObject) => Item, allowance: Allowance) {
    this.#read = read;
    this.#allowance = allowance;
  }

  /** A copy. */
  items(): ReadonlyMap<string, Item> {
    return new Map([...this.#held].map(([key, { item }]) => [key, item]));
  }

  /** Holds exactly these. @returns whether anything is different; undefined when they are too many, and nothing is */
  replaceAll(all: readonly Sized[]): boolean | undefined {
    const before = [...this.#held.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    const after = all.reduce((sum, { bytes }) => sum + bytes, 0);
    const next = new Map(all.map((sized) => [sized.object.key, this.#hold(sized)]));
    if (!this.#allowance.take(next.size - this.#held.size, after - before)) return undefined;
    const former = this.#held;
    this.#held = next;
    return former.size !== next.size || [...next].some(([key, { version }]) => former.get(key)?.version !== version);
  }

  /** @returns whether anything is different; undefined when it is too large, and nothing is */
  put({ object, bytes }: Sized): boolean | undefined {
    const former = this.#held.get(object.key);
    if (!this.#allowance.take(former === undefined ? 1 : 0, bytes - (former?.bytes ?? 0))) return undefined;
    this.#held.set(object.key, this.#hold({ object, bytes }));
    return former?.version !== object.version;
  }

  /** @returns whether anything is different */
  remove({ key }: KubernetesObject): boolean {
    const former = this.#held.get(key);
    if (former === undefined) return false;
    this.#held.delete(key);
    return this.#allowance.take(-1, -former.bytes);
  }

  #hold({ object, bytes }: Sized): Held<Item> {
    return { version: object.version, bytes, item: this.#read(object) };
  }
}
