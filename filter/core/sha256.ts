// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), on static memory: hashing a key allocates nothing.

const ROUND: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
];

const BLOCK: u32 = 64;
const SCHEDULE: usize = memory.data(256);
const SCRATCH: usize = memory.data(64);

function compress(state: usize, block: usize): void {
  for (let i: u32 = 0; i < 16; i++) store<u32>(SCHEDULE + (i << 2), bswap<u32>(load<u32>(block + (i << 2))));
  for (let i: u32 = 16; i < 64; i++) {
    const w15 = load<u32>(SCHEDULE + ((i - 15) << 2));
    const w2 = load<u32>(SCHEDULE + ((i - 2) << 2));
    const s0 = rotr(w15, 7) ^ rotr(w15, 18) ^ (w15 >>> 3);
    const s1 = rotr(w2, 17) ^ rotr(w2, 19) ^ (w2 >>> 10);
    store<u32>(
      SCHEDULE + (i << 2),
      s1 + load<u32>(SCHEDULE + ((i - 7) << 2)) + s0 + load<u32>(SCHEDULE + ((i - 16) << 2)),
    );
  }
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  const round = changetype<usize>(ROUND);
  for (let i: u32 = 0; i < 64; i++) {
    const s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + load<u32>(round + (i << 2)) + load<u32>(SCHEDULE + (i << 2));
    const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}

/** A running SHA-256 whose state can be copied, so that a common beginning is hashed once. */
export class Sha256 {
  // 32 bytes of chaining state, then a block of pending input.
  private readonly memory: StaticArray<u8> = new StaticArray<u8>(96);
  private pending: u32 = 0;
  private total: u64 = 0;

  constructor() {
    this.reset();
  }

  reset(): void {
    const state = changetype<usize>(this.memory);
    store<u32>(state, 0x6a09e667);
    store<u32>(state, 0xbb67ae85, 4);
    store<u32>(state, 0x3c6ef372, 8);
    store<u32>(state, 0xa54ff53a, 12);
    store<u32>(state, 0x510e527f, 16);
    store<u32>(state, 0x9b05688c, 20);
    store<u32>(state, 0x1f83d9ab, 24);
    store<u32>(state, 0x5be0cd19, 28);
    this.pending = 0;
    this.total = 0;
  }

  copyFrom(other: Sha256): void {
    memory.copy(changetype<usize>(this.memory), changetype<usize>(other.memory), 96);
    this.pending = other.pending;
    this.total = other.total;
  }

  update(pointer: usize, length: u32): void {
    const state = changetype<usize>(this.memory);
    const buffer = state + 32;
    this.total += length;
    if (this.pending > 0) {
      const take = min(BLOCK - this.pending, length);
      memory.copy(buffer + this.pending, pointer, take);
      this.pending += take;
      pointer += take;
      length -= take;
      if (this.pending < BLOCK) return;
      compress(state, buffer);
      this.pending = 0;
    }
    while (length >= BLOCK) {
      compress(state, pointer);
      pointer += BLOCK;
      length -= BLOCK;
    }
    memory.copy(buffer, pointer, length);
    this.pending = length;
  }

  updateU32(value: u32): void {
    store<u32>(SCRATCH, value);
    this.update(SCRATCH, 4);
  }

  /** Writes the 32 bytes of the digest to `target`; the state is used up. */
  finish(target: usize): void {
    const state = changetype<usize>(this.memory);
    const buffer = state + 32;
    const bits = this.total << 3;
    store<u8>(buffer + this.pending, 0x80);
    this.pending++;
    if (this.pending > 56) {
      memory.fill(buffer + this.pending, 0, BLOCK - this.pending);
      compress(state, buffer);
      this.pending = 0;
    }
    memory.fill(buffer + this.pending, 0, 56 - this.pending);
    store<u64>(buffer + 56, bswap<u64>(bits));
    compress(state, buffer);
    for (let i: usize = 0; i < 32; i += 4) store<u32>(target + i, bswap<u32>(load<u32>(state + i)));
  }
}

/** HMAC-SHA-256 under one 32-byte key, whose two key blocks are hashed once. */
export class Hmac {
  private readonly inner: Sha256 = new Sha256();
  private readonly outer: Sha256 = new Sha256();
  private readonly outerRun: Sha256 = new Sha256();

  /** @param key 32 bytes */
  constructor(key: usize) {
    this.absorb(this.inner, key, 0x36);
    this.absorb(this.outer, key, 0x5c);
  }

  private absorb(hash: Sha256, key: usize, pad: u8): void {
    for (let i: u32 = 0; i < BLOCK; i++) store<u8>(SCRATCH + i, (i < 32 ? load<u8>(key + i) : 0) ^ pad);
    hash.update(SCRATCH, BLOCK);
  }

  /** Sets `run` to the beginning of a message. */
  begin(run: Sha256): void {
    run.copyFrom(this.inner);
  }

  /** Ends a message begun with {@link begin} and writes its 32-byte code to `target`. */
  finish(run: Sha256, target: usize): void {
    run.finish(target);
    this.outerRun.copyFrom(this.outer);
    this.outerRun.update(target, 32);
    this.outerRun.finish(target);
  }
}
