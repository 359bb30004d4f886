/**
 * A bounded queue with a lane for each client, served in turn: whoever floods it waits behind itself. When it is full,
 * the last of the longest lane gives way to one from a lane that is shorter.
 */
export class FairQueue<Item> {
  readonly #lanes = new Map<string, Item[]>();
  readonly #capacity: number;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds an item. @returns the one for which there is no room now: another one, this one, or none */
  add(lane: string, item: Item): Item | undefined {
    const own = this.#lanes.get(lane);
    let displaced: Item | undefined;
    if (this.#size >= this.#capacity) {
      const longest = this.#longest();
      if (longest === undefined || longest.length <= (own?.length ?? 0) + 1) return item;
      displaced = longest.pop();
      this.#size -= 1;
    }
    if (own === undefined) this.#lanes.set(lane, [item]);
    else own.push(item);
    this.#size += 1;
    return displaced;
  }

  /** The next item: the first of the lane whose turn it is. */
  take(): Item | undefined {
    for (const [lane, items] of this.#lanes) {
      const item = items.shift();
      this.#lanes.delete(lane);
      // Set anew, the lane comes last in the map's order.
      if (items.length > 0) this.#lanes.set(lane, items);
      if (item !== undefined) {
        this.#size -= 1;
        return item;
      }
    }
    return undefined;
  }

  /** Takes out an item that waits no longer. */
  remove(lane: string, item: Item): void {
    const items = this.#lanes.get(lane);
    const position = items?.indexOf(item) ?? -1;
    if (items === undefined || position < 0) return;
    items.splice(position, 1);
    if (items.length === 0) this.#lanes.delete(lane);
    this.#size -= 1;
  }

  #longest(): Item[] | undefined {
    let longest: Item[] | undefined;
    for (const items of this.#lanes.values()) {
      if (longest === undefined || items.length > longest.length) longest = items;
    }
    return longest;
  }
}
