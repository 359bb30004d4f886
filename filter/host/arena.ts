// The host asks for memory to hand over what it returns. None of that outlives a callback, so it is cut from one block that
// every callback begins anew, and the collected heap sees nothing of it.

const SIZE: usize = 262144;
const BLOCK: usize = memory.data(262144);
let used: usize = 0;
/** Allocations too big for the block, each with a link to the one before it in front. */
let overflow: usize = 0;

/** Forgets everything handed out since the last callback. */
export function resetArena(): void {
  used = 0;
  while (overflow != 0) {
    const previous = load<usize>(overflow);
    heap.free(overflow);
    overflow = previous;
  }
}

export function allocate(size: usize): usize {
  const rounded = (size + 15) & ~15;
  if (rounded >= size && rounded <= SIZE - used) {
    const pointer = BLOCK + used;
    used += rounded;
    return pointer;
  }
  const block = heap.alloc(size + 16);
  store<usize>(block, overflow);
  overflow = block;
  return block + 16;
}
