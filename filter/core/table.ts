import { Bytes, isDigest } from './bytes';
import { Reader } from './reader';
import { Sha256 } from './sha256';

export const PASS: u8 = 0;
export const DENY: u8 = 1;
export const DECIDE: u8 = 2;

const MAGIC: u32 = 0x31524254; // "TBR1" read little-endian
const MAXIMUM_ROUTES: u32 = 10000;
const MAXIMUM_METHODS: u32 = 32;
const MAXIMUM_INPUTS: u32 = 32;
const MAXIMUM_STRIP: u32 = 64;
const CHECKSUM: u32 = 32;
const MAXIMUM_COOKIES: u32 = 16;
export const HEADER_SOURCE: u8 = 0;
export const COOKIE_SOURCE: u8 = 1;
export const CLAIM_SOURCE: u8 = 2;
export const PEER_SOURCE: u8 = 3;
const CLAIMS: string = 'metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0';
const CONNECTION: string = 'connection\0';

/** What becomes of an OPTIONS request without credentials: it is decided like any other, ... */
export const OPTIONS_DECIDED: u8 = 0;
/** ... or goes on where it is a CORS preflight, ... */
export const OPTIONS_PREFLIGHT: u8 = 1;
/** ... or goes on in any case. */
export const OPTIONS_PASS: u8 = 2;
const DIGEST: usize = memory.data(32);

/** One thing a decision may depend on: a header, a cookie, a claim that Envoy verified, or what a client's certificate says. */
export class Input {
  /** For a header `x-broker-key-<name>`, under which control gets the value. */
  readonly calloutName: Bytes;
  /** For a claim or a certificate the property that holds it, its segments joined by NUL. */
  readonly property: Bytes;

  constructor(
    readonly source: u8,
    readonly name: Bytes,
    readonly maximumBytes: u32,
    readonly refusalStatus: u32,
    readonly refusalBody: Bytes,
  ) {
    this.calloutName = Bytes.from('x-broker-key-' + name.toString());
    const text = name.toString();
    this.property = Bytes.from(source == PEER_SOURCE ? CONNECTION + text : CLAIMS + text.split('.').join('\0'));
  }

  /** Whether it stands among the headers of the request, where its client wrote it. */
  get isInHeaders(): bool {
    return this.source == HEADER_SOURCE || this.source == COOKIE_SOURCE;
  }

  /** False where the name is not one of its source: the table is then refused. */
  isSound(): bool {
    if (!isRefusal(this.refusalStatus)) return false;
    if (this.source == HEADER_SOURCE) return isName(this.name);
    return this.source <= PEER_SOURCE && isToken(this.name);
  }
}

export class Route {
  id: Bytes = new Bytes();
  digest: Bytes = new Bytes();
  host: Bytes = new Bytes();
  pathPrefix: Bytes = new Bytes();
  methods: StaticArray<Bytes> = new StaticArray<Bytes>(0);
  kind: u8 = DENY;
  options: u8 = OPTIONS_DECIDED;
  /** `www-authenticate` of refusals with 401. */
  challenge: Bytes = new Bytes();
  denyStatus: u32 = 0;
  denyBody: Bytes = new Bytes();
  inputs: StaticArray<Input> = new StaticArray<Input>(0);
  strip: StaticArray<Bytes> = new StaticArray<Bytes>(0);
  stripCookies: StaticArray<Bytes> = new StaticArray<Bytes>(0);
  /** `<id>@<digest>`, as it stands in `x-broker-route`. */
  reference: Bytes = new Bytes();
}

/** A decoded route table (docs/contract.md). Its bytes stay in one buffer that it owns. */
export class Table {
  revision: Bytes = new Bytes();
  cacheKey: Bytes = new Bytes();
  unmatched: u8 = DENY;
  /** The body of a refusal where no route matches. */
  unmatchedBody: Bytes = new Bytes();
  /** `content-type` of every body in the table. */
  bodyType: Bytes = new Bytes();
  routes: StaticArray<Route> = new StaticArray<Route>(0);

  private constructor(private readonly document: Bytes) {}

  /** The table, or null when it is truncated, lies about a length, or holds a value that the contract does not allow. */
  static decode(pointer: usize, length: u32): Table | null {
    if (length < 8 + CHECKSUM || load<u32>(pointer) != MAGIC || load<u32>(pointer, 4) != length) return null;
    const hash = new Sha256();
    hash.update(pointer, length - CHECKSUM);
    hash.finish(DIGEST);
    if (memory.compare(DIGEST, pointer + length - CHECKSUM, CHECKSUM) != 0) return null;

    const table = new Table(Bytes.copy(pointer, length));
    const reader = new Reader(table.document.pointer + 8, length - 8 - CHECKSUM);
    table.revision = reader.string();
    table.cacheKey = reader.block(32);
    table.unmatched = reader.u8();
    table.unmatchedBody = reader.string();
    table.bodyType = reader.string();
    const count = reader.count(MAXIMUM_ROUTES);
    if (reader.failed || !isDigest(table.revision.pointer, table.revision.length) || table.unmatched > DENY)
      return null;
    if (!isFieldValue(table.bodyType)) return null;
    const routes = new StaticArray<Route>(count);
    for (let i: u32 = 0; i < count; i++) {
      const route = readRoute(reader);
      if (route === null) return null;
      routes[i] = route;
    }
    table.routes = routes;
    return reader.finished() ? table : null;
  }
}

function readRoute(reader: Reader): Route | null {
  const route = new Route();
  route.id = reader.string();
  route.digest = reader.string();
  route.host = reader.string();
  route.pathPrefix = reader.string();
  route.methods = readNames(reader, MAXIMUM_METHODS);
  route.kind = reader.u8();
  route.options = reader.u8();
  route.challenge = reader.string();
  route.denyStatus = reader.u32();
  route.denyBody = reader.string();
  const count = reader.count(MAXIMUM_INPUTS);
  const inputs = new StaticArray<Input>(count);
  for (let i: u32 = 0; i < count; i++) {
    const source = reader.u8();
    const name = reader.string();
    const maximum = reader.u32();
    const status = reader.u32();
    const input = new Input(source, name, maximum, status, reader.string());
    if (reader.failed || !input.isSound()) return null;
    inputs[i] = input;
  }
  route.inputs = inputs;
  route.strip = readNames(reader, MAXIMUM_STRIP);
  route.stripCookies = readNames(reader, MAXIMUM_COOKIES);
  return !reader.failed && isSound(route) ? route : null;
}

function readNames(reader: Reader, maximum: u32): StaticArray<Bytes> {
  const count = reader.count(maximum);
  const names = new StaticArray<Bytes>(count);
  for (let i: u32 = 0; i < count; i++) names[i] = reader.string();
  return names;
}

function isSound(route: Route): bool {
  if (route.id.length == 0 || route.id.length > 128 || !isDigest(route.digest.pointer, route.digest.length))
    return false;
  if (route.host.length == 0 || !isCanonicalPrefix(route.pathPrefix) || route.kind > DECIDE) return false;
  if (route.options > OPTIONS_PASS || !isFieldValue(route.challenge)) return false;
  if (route.kind == DENY && !isRefusal(route.denyStatus)) return false;
  for (let i = 0; i < route.strip.length; i++) if (!isName(route.strip[i])) return false;
  for (let i = 0; i < route.stripCookies.length; i++) if (!isToken(route.stripCookies[i])) return false;
  const reference = new ArrayBuffer(route.id.length + 65);
  const at = changetype<usize>(reference);
  memory.copy(at, route.id.pointer, route.id.length);
  store<u8>(at + route.id.length, 0x40);
  memory.copy(at + route.id.length + 1, route.digest.pointer, 64);
  route.reference = Bytes.of(reference);
  return true;
}

function isRefusal(status: u32): bool {
  return status >= 400 && status <= 599;
}

/** One that a header can have (RFC 9110 section 5.5), and not an empty one. */
function isFieldValue(value: Bytes): bool {
  for (let i: u32 = 0; i < value.length; i++) {
    const c = load<u8>(value.pointer + i);
    if (c < 0x20 || c >= 0x7f) return false;
  }
  return value.length > 0;
}

function isCanonicalPrefix(prefix: Bytes): bool {
  if (prefix.length == 0 || load<u8>(prefix.pointer) != 0x2f) return false;
  return prefix.length == 1 || load<u8>(prefix.pointer + prefix.length - 1) != 0x2f;
}

/** A header name as HTTP/2 writes it: lower case, and never a pseudo-header. */
export function isName(name: Bytes): bool {
  for (let i: u32 = 0; i < name.length; i++) {
    const c = load<u8>(name.pointer + i);
    if (c >= 0x41 && c <= 0x5a) return false;
  }
  return isToken(name);
}

/** RFC 9110 section 5.6.2, of at most 256 bytes: what header and cookie names are made of. */
function isToken(name: Bytes): bool {
  if (name.length == 0 || name.length > 256) return false;
  for (let i: u32 = 0; i < name.length; i++) {
    const c = load<u8>(name.pointer + i);
    const digit = c >= 0x30 && c <= 0x39;
    const letter = (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a;
    const dash = c == 0x2d || c == 0x2e || c == 0x5e || c == 0x5f || c == 0x60 || c == 0x7c || c == 0x7e;
    const mark = c == 0x21 || (c >= 0x23 && c <= 0x27) || c == 0x2a || c == 0x2b;
    if (!digit && !letter && !dash && !mark) return false;
  }
  return true;
}
