import { Bytes } from './bytes';
import { PathReadings } from './path-readings';
import { Table } from './table';

const NO_ROUTE: i32 = -1;
/** The path can be read in several ways, and these lead to different routes. */
export const AMBIGUOUS: i32 = -2;
/** DNS names end at 253 bytes; a longer host can only match `*`. */
const MAXIMUM_HOST: u32 = 255;
const MAXIMUM_LABELS: u32 = 128;
const SLASH: u8 = 0x2f;
const FNV_OFFSET: u32 = 2166136261;
const FNV_PRIME: u32 = 16777619;

const HOST: usize = memory.data(256);
const STAR: Bytes = Bytes.from('*');
const ANY_PATH: Bytes = Bytes.from('/');

function hashByte(hash: u32, byte: u8): u32 {
  return (hash ^ byte) * FNV_PRIME;
}

function hashBytes(pointer: usize, length: u32): u32 {
  let hash = FNV_OFFSET;
  for (let i: u32 = 0; i < length; i++) hash = hashByte(hash, load<u8>(pointer + i));
  return hash;
}

/** A host and a path prefix that routes claim, with the routes that differ in their methods. */
class Region {
  next: Region | null = null;
  readonly routes: i32[] = [];

  constructor(
    readonly host: u32,
    readonly prefix: Bytes,
  ) {}
}

/**
 * Finds a request's route. Host patterns and regions are looked up by hash, so that the cost depends on the request's
 * labels and segments and not on the number of routes; a match allocates nothing.
 */
export class Matcher {
  private readonly hosts: Bytes[] = [];
  private hostBuckets: StaticArray<i32> = new StaticArray<i32>(0);
  private readonly hostNext: i32[] = [];
  private regionBuckets: StaticArray<Region | null> = new StaticArray<Region | null>(0);
  private mask: u32 = 0;
  private readonly readings: PathReadings = new PathReadings();
  private longestPrefix: u32 = 1;
  private boundaries: StaticArray<u32> = new StaticArray<u32>(0);
  /** The ids of the patterns that hold {@link lastHost}, the most specific first. */
  private readonly candidates: StaticArray<u32> = new StaticArray<u32>(MAXIMUM_LABELS);
  private candidateCount: u32 = 0;
  /** The host that was last looked at, as it stood in its request: most requests are for the same few. */
  private readonly lastHost: StaticArray<u8> = new StaticArray<u8>(256);
  private lastHostLength: u32 = 0;

  constructor(private readonly table: Table) {
    let capacity: u32 = 16;
    while (capacity < <u32>table.routes.length * 2) capacity <<= 1;
    this.mask = capacity - 1;
    this.hostBuckets = new StaticArray<i32>(capacity);
    this.hostBuckets.fill(-1);
    this.regionBuckets = new StaticArray<Region | null>(capacity);
    for (let i = 0; i < table.routes.length; i++) this.add(i);
    // A length and a hash for each boundary of the longest prefix.
    this.boundaries = new StaticArray<u32>(2 * (this.longestPrefix + 2));
  }

  private add(index: i32): void {
    const route = this.table.routes[index];
    let host = this.findHost(route.host.pointer, route.host.length);
    if (host < 0) {
      host = this.hosts.length;
      this.hosts.push(route.host);
      const bucket = hashBytes(route.host.pointer, route.host.length) & this.mask;
      this.hostNext.push(this.hostBuckets[bucket]);
      this.hostBuckets[bucket] = host;
    }
    const prefix = route.pathPrefix;
    const hash = hashBytes(prefix.pointer, prefix.length);
    let region = this.findRegion(<u32>host, hash, prefix.pointer, prefix.length);
    if (region === null) {
      region = new Region(<u32>host, prefix);
      const bucket = this.bucket(<u32>host, hash);
      region.next = this.regionBuckets[bucket];
      this.regionBuckets[bucket] = region;
      this.longestPrefix = max(this.longestPrefix, prefix.length);
    }
    region.routes.push(index);
  }

  private findHost(pointer: usize, length: u32): i32 {
    let host = unchecked(this.hostBuckets[hashBytes(pointer, length) & this.mask]);
    while (host >= 0 && !this.hosts[host].equals(pointer, length)) host = this.hostNext[host];
    return host;
  }

  private bucket(host: u32, hash: u32): u32 {
    return (hash ^ (host * 0x9e3779b1)) & this.mask;
  }

  private findRegion(host: u32, hash: u32, pointer: usize, length: u32): Region | null {
    let region = unchecked(this.regionBuckets[this.bucket(host, hash)]);
    while (region !== null && !(region.host == host && region.prefix.equals(pointer, length))) region = region.next;
    return region;
  }

  /**
   * The index of the route, -1 where none matches, or {@link AMBIGUOUS}. `path` may hold a query; `host` a port, upper
   * case and a trailing dot.
   */
  match(host: Bytes, path: Bytes, method: Bytes): i32 {
    const hosts = this.findCandidates(host);
    let pathLength: u32 = 0;
    while (pathLength < path.length) {
      const c = load<u8>(path.pointer + pathLength);
      if (c == 0x3f || c == 0x23) break;
      pathLength++;
    }
    const route = this.matchPath(hosts, path.pointer, pathLength, method);
    // Where no rule looks at the path, nobody can take it for another rule's.
    if (this.longestPrefix == 1 || !this.readings.begin(path.pointer, pathLength)) return route;
    while (this.readings.next()) {
      const reading = this.readings.path;
      if (this.matchPath(hosts, reading.pointer, reading.length, method) != route) return AMBIGUOUS;
    }
    return this.readings.overflowed ? AMBIGUOUS : route;
  }

  private matchPath(hosts: u32, path: usize, length: u32, method: Bytes): i32 {
    const count = this.prefixBoundaries(path, length);
    for (let i = <i32>count - 1; i >= 0; i--) {
      const route = this.matchPrefix(hosts, this.boundaries[2 * i + 1], path, this.boundaries[2 * i], method);
      if (route >= 0) return route;
    }
    return this.matchPrefix(hosts, hashBytes(ANY_PATH.pointer, 1), ANY_PATH.pointer, 1, method);
  }

  private matchPrefix(hosts: u32, hash: u32, prefix: usize, length: u32, method: Bytes): i32 {
    for (let i: u32 = 0; i < hosts; i++) {
      const region = this.findRegion(unchecked(this.candidates[i]), hash, prefix, length);
      if (region === null) continue;
      const route = this.matchMethod(region, method);
      if (route >= 0) return route;
    }
    return NO_ROUTE;
  }

  private matchMethod(region: Region, method: Bytes): i32 {
    let anyMethod = NO_ROUTE;
    for (let i = 0; i < region.routes.length; i++) {
      const index = region.routes[i];
      const methods = this.table.routes[index].methods;
      if (methods.length == 0) anyMethod = index;
      for (let m = 0; m < methods.length; m++) if (methods[m].same(method)) return index;
    }
    return anyMethod;
  }

  /** Records where the path could end at a segment, shortest first, with the hash of what comes before. */
  private prefixBoundaries(path: usize, length: u32): u32 {
    if (length == 0 || load<u8>(path) != SLASH) return 0;
    const limit = min(length, this.longestPrefix);
    let count: u32 = 0;
    let hash = hashByte(FNV_OFFSET, SLASH);
    for (let i: u32 = 1; i <= limit; i++) {
      const atEnd = i == length;
      const c = atEnd ? SLASH : load<u8>(path + i);
      if (c == SLASH && i > 1 && load<u8>(path + i - 1) != SLASH) {
        this.boundaries[2 * count] = i;
        this.boundaries[2 * count + 1] = hash;
        count++;
      }
      if (!atEnd) hash = hashByte(hash, c);
    }
    return count;
  }

  private findCandidates(host: Bytes): u32 {
    const last = changetype<usize>(this.lastHost);
    if (this.candidateCount > 0 && host.equals(last, this.lastHostLength)) return this.candidateCount;
    this.candidateCount = 0;
    const count = this.candidateHosts(host);
    if (host.length <= <u32>this.lastHost.length) {
      memory.copy(last, host.pointer, host.length);
      this.lastHostLength = host.length;
      this.candidateCount = count;
    }
    return count;
  }

  /** Notes the ids of the patterns that hold the host, the most specific first, and counts them. */
  private candidateHosts(host: Bytes): u32 {
    const length = normalizeHost(host);
    let count: u32 = 0;
    if (length > 0) {
      count = this.addCandidate(count, HOST + 1, length);
      let labels: u32 = 0;
      for (let i: u32 = 1; i < length && labels < MAXIMUM_LABELS - 2; i++) {
        if (load<u8>(HOST + 1 + i) != 0x2e) continue;
        labels++;
        // The byte before the dot becomes the star of `*.suffix`, and is put back.
        const before = load<u8>(HOST + i);
        store<u8>(HOST + i, 0x2a);
        count = this.addCandidate(count, HOST + i, length - i + 1);
        store<u8>(HOST + i, before);
      }
    }
    return this.addCandidate(count, STAR.pointer, 1);
  }

  private addCandidate(count: u32, pointer: usize, length: u32): u32 {
    const host = this.findHost(pointer, length);
    if (host < 0) return count;
    this.candidates[count] = host;
    return count + 1;
  }
}

/** Copies the host to HOST + 1 in lower case, without port and trailing dot; 0 when there is none to compare. */
function normalizeHost(host: Bytes): u32 {
  let length = host.length;
  let i = length;
  while (i > 0) {
    const c = load<u8>(host.pointer + i - 1);
    if (c == 0x3a) {
      length = i - 1;
      break;
    }
    if (c < 0x30 || c > 0x39) break;
    i--;
  }
  if (length > 0 && load<u8>(host.pointer + length - 1) == 0x2e) length--;
  if (length > MAXIMUM_HOST - 1) return 0;
  for (let k: u32 = 0; k < length; k++) {
    const c = load<u8>(host.pointer + k);
    store<u8>(HOST + 1 + k, c >= 0x41 && c <= 0x5a ? c | 0x20 : c);
  }
  return length;
}
