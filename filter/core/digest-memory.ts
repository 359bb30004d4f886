import { sameBytes } from './bytes';
import { RequestView } from './request';
import { Route } from './table';

/** Longer inputs are hashed each time: what is remembered of them would take more memory than it is worth. */
const MAXIMUM_BYTES: u32 = 4096;
/** Memory of a block comes in steps, so that inputs of about the same length reuse it. */
const STEP: u32 = 256;
const ROUTE: u32 = 0;
const LENGTH: u32 = 4;
const DIGEST: u32 = 8;
const CONTENT: u32 = 40;
const FACTOR: u64 = ((<u64>0x9e3779b9) << 32) | 0x7f4a7c15;

/**
 * Digests of the inputs that were met last, so that one who comes again costs a comparison and no SHA-256. A fast hash finds
 * a block, and every byte of the inputs is compared with what it holds; so it can never give the digest of others.
 */
export class DigestMemory {
  private readonly blocks: StaticArray<ArrayBuffer | null>;
  private hash: u64 = 0;
  /** Of the inputs that were last looked for, as a block holds them. */
  private length: u32 = 0;

  /**
   * @param slots how many digests it holds, rounded up to a power of two
   * @param seed makes it hard to choose inputs that share a block
   */
  constructor(
    slots: u32,
    private readonly seed: u64,
  ) {
    let capacity: u32 = 16;
    while (capacity < slots) capacity <<= 1;
    this.blocks = new StaticArray<ArrayBuffer | null>(capacity);
  }

  /** Writes the digest to `target` where it is remembered. */
  find(index: u32, route: Route, request: RequestView, target: usize): bool {
    this.look(index, route, request);
    const block = unchecked(this.blocks[this.slot()]);
    if (block === null) return false;
    const at = changetype<usize>(block);
    if (load<u32>(at, ROUTE) != index || load<u32>(at, LENGTH) != this.length) return false;
    let cursor = at + CONTENT;
    for (let i = 0; i < route.inputs.length; i++) {
      const marker = request.hasInput(i) ? request.input(i).length + 1 : 0;
      if (load<u32>(cursor) != marker) return false;
      cursor += 4;
      if (marker < 2) continue;
      if (!sameBytes(cursor, request.input(i).pointer, marker - 1)) return false;
      cursor += marker - 1;
    }
    memory.copy(target, at + DIGEST, 32);
    return true;
  }

  /** Remembers the digest of the inputs that {@link find} has just looked for. */
  keep(index: u32, route: Route, request: RequestView, digest: usize): void {
    if (this.length > MAXIMUM_BYTES) return;
    const slot = this.slot();
    let block = unchecked(this.blocks[slot]);
    if (block === null || <u32>block.byteLength < CONTENT + this.length) {
      block = new ArrayBuffer((CONTENT + this.length + STEP - 1) & ~(STEP - 1));
      this.blocks[slot] = block;
    }
    const at = changetype<usize>(block);
    store<u32>(at, index, ROUTE);
    store<u32>(at, this.length, LENGTH);
    memory.copy(at + DIGEST, digest, 32);
    let cursor = at + CONTENT;
    for (let i = 0; i < route.inputs.length; i++) {
      const marker = request.hasInput(i) ? request.input(i).length + 1 : 0;
      store<u32>(cursor, marker);
      cursor += 4;
      if (marker < 2) continue;
      memory.copy(cursor, request.input(i).pointer, marker - 1);
      cursor += marker - 1;
    }
  }

  private slot(): u32 {
    return <u32>(this.hash >> 32) & (this.blocks.length - 1);
  }

  private look(index: u32, route: Route, request: RequestView): void {
    let hash = this.seed ^ index;
    let length: u32 = 0;
    for (let i = 0; i < route.inputs.length; i++) {
      length += 4;
      if (!request.hasInput(i)) {
        hash = mix(hash, 0);
        continue;
      }
      const value = request.input(i);
      hash = hashInput(mix(hash, value.length + 1), value.pointer, value.length);
      length += value.length;
    }
    this.hash = hash;
    this.length = length;
  }
}

function hashInput(hash: u64, pointer: usize, length: u32): u64 {
  const end = pointer + length;
  while (pointer + 8 <= end) {
    hash = mix(hash, load<u64>(pointer));
    pointer += 8;
  }
  while (pointer < end) hash = mix(hash, load<u8>(pointer++));
  return hash;
}

function mix(hash: u64, word: u64): u64 {
  const mixed = (hash ^ word) * FACTOR;
  return mixed ^ (mixed >> 29);
}
