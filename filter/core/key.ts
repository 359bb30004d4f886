import { Bytes } from './bytes';
import { DigestMemory } from './digest-memory';
import { RequestView } from './request';
import { Hmac, Sha256 } from './sha256';
import { Route, Table } from './table';

const LOOKUP_DOMAIN: usize = memory.data<u8>([1]);
const ZEROS: usize = memory.data(64);
const BLOCK: u32 = 64;

/**
 * The digests under which decisions are kept: HMAC-SHA-256 over everything that a decision depends on, each field with its
 * length in front, so that no two requests that differ in an input share one. What the route contributes is hashed once.
 */
export class KeySpace {
  readonly hmac: Hmac;
  private readonly prefixes: StaticArray<Sha256>;
  private readonly run: Sha256 = new Sha256();
  private readonly known: DigestMemory;
  private isKnown: bool = false;

  /** @param slots how many digests are remembered */
  constructor(table: Table, cluster: Bytes, authority: Bytes, slots: u32) {
    this.hmac = new Hmac(table.cacheKey.pointer);
    this.known = new DigestMemory(slots, load<u64>(table.cacheKey.pointer));
    this.prefixes = new StaticArray<Sha256>(table.routes.length);
    for (let i = 0; i < table.routes.length; i++) {
      const prefix = new Sha256();
      this.hmac.begin(prefix);
      prefix.update(LOOKUP_DOMAIN, 1);
      updateField(prefix, table.routes[i].digest);
      updateField(prefix, cluster);
      updateField(prefix, authority);
      // Up to a block boundary, so that the beginning is never hashed again.
      const length = 1 + 12 + table.routes[i].digest.length + cluster.length + authority.length;
      prefix.update(ZEROS, (BLOCK - (length % BLOCK)) % BLOCK);
      this.prefixes[i] = prefix;
    }
  }

  /** Writes the 32-byte digest of the route and the request's inputs to `target`. */
  digest(index: i32, route: Route, request: RequestView, target: usize): void {
    this.isKnown = this.known.find(index, route, request, target);
    if (this.isKnown) return;
    const run = this.run;
    run.copyFrom(this.prefixes[index]);
    for (let i = 0; i < route.inputs.length; i++) {
      if (!request.hasInput(i)) {
        // An absent header is not an empty one.
        run.updateU32(0);
        continue;
      }
      const value = request.input(i);
      run.updateU32(value.length + 1);
      run.update(value.pointer, value.length);
    }
    this.hmac.finish(run, target);
  }

  /** Remembers the digest that {@link digest} has just written: its inputs lead to a token, and will come again. */
  keep(index: i32, route: Route, request: RequestView, digest: usize): void {
    if (!this.isKnown) this.known.keep(index, route, request, digest);
  }
}

function updateField(hash: Sha256, field: Bytes): void {
  hash.updateU32(field.length);
  hash.update(field.pointer, field.length);
}
