/** What the heap orders; `position` belongs to the heap. */
export interface Deadlined {
  /** Any unit, the same for all items of one heap. */
  readonly deadline: number;
  position: number;
}

/**
 * A binary heap with the soonest deadline on top. Items know their position, so any of them can be removed in O(log n)
 * and nothing outlives its removal.
 */
export class DeadlineHeap<Item extends Deadlined> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item with the soonest deadline. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  add(item: Item): void {
    item.position = this.#items.length;
    this.#items.push(item);
    this.#rise(item);
  }

  /** @param item one that is in this heap */
  remove(item: Item): void {
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#place(last, item.position);
    this.#rise(last);
    this.#sink(last);
  }

  #place(item: Item, position: number): void {
    this.#items[position] = item;
    item.position = position;
  }

  #rise(item: Item): void {
    while (item.position > 0) {
      const parent = this.#items[(item.position - 1) >> 1];
      if (parent === undefined || parent.deadline <= item.deadline) return;
      const { position } = item;
      this.#place(item, parent.position);
      this.#place(parent, position);
    }
  }

  #sink(item: Item): void {
    for (;;) {
      const left = this.#items[2 * item.position + 1];
      const right = this.#items[2 * item.position + 2];
      if (left === undefined) return;
      const child = right !== undefined && right.deadline < left.deadline ? right : left;
      if (child.deadline >= item.deadline) return;
      const { position } = item;
      this.#place(item, child.position);
      this.#place(child, position);
    }
  }
}
