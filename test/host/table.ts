import { createHash } from 'node:crypto';

/** A route as the contract's encoding has it, with what tests seldom set left out. */
export interface TestRoute {
  id: string;
  host?: string;
  pathPrefix?: string;
  methods?: string[];
  kind?: 'pass' | 'deny' | 'decide';
  options?: 'decided' | 'preflight' | 'pass';
  challenge?: string;
  denyStatus?: number;
  denyBody?: string;
  inputs?: {
    source?: 'header' | 'cookie' | 'claim' | 'peer';
    name: string;
    maximumBytes?: number;
    refusalStatus?: number;
    refusalBody?: string;
  }[];
  strip?: string[];
  stripCookies?: string[];
  /** Changes the route's digest, as a change of its issuer or secret would. */
  version?: string;
}

export const CACHE_KEY = Buffer.alloc(32, 7);
const SOURCES = { header: 0, cookie: 1, claim: 2, peer: 3 };
const KINDS = { pass: 0, deny: 1, decide: 2 };
const OPTIONS = { decided: 0, preflight: 1, pass: 2 };

/** The digest that {@link encodeTable} gives a route. */
function digestOf(route: TestRoute): string {
  return createHash('sha256').update(JSON.stringify(route)).digest('hex');
}

/** The route's `x-broker-route`. */
export function referenceOf(route: TestRoute): string {
  return `${route.id}@${digestOf(route)}`;
}

/** The revision of a table. */
export function revisionOf(routes: TestRoute[]): string {
  return createHash('sha256').update(routes.map(digestOf).join()).digest('hex');
}

/** Writes a route table by the contract, independently of control's encoder. */
export function encodeTable(
  routes: TestRoute[],
  options: { unmatched?: 'pass' | 'deny'; cacheKey?: Buffer; unmatchedBody?: string; bodyType?: string } = {},
): Buffer {
  const writer = new Writer();
  writer.string(revisionOf(routes));
  writer.bytes(options.cacheKey ?? CACHE_KEY);
  writer.u8(options.unmatched === 'pass' ? 0 : 1);
  writer.string(options.unmatchedBody ?? 'policy denied\n');
  writer.string(options.bodyType ?? 'text/plain; charset=utf-8');
  writer.list(routes, (route) => writeRoute(writer, route));
  const body = writer.written();
  const head = Buffer.from('TBR1\0\0\0\0');
  head.writeUInt32LE(head.length + body.length + 32, 4);
  const document = Buffer.concat([head, body]);
  return Buffer.concat([document, createHash('sha256').update(document).digest()]);
}

function writeRoute(writer: Writer, route: TestRoute): void {
  const { host = '*', pathPrefix = '/', methods = [], kind = 'decide', inputs = [] } = route;
  for (const text of [route.id, digestOf(route), host, pathPrefix]) writer.string(text);
  writer.list(methods, (method) => writer.string(method));
  writer.u8(KINDS[kind]);
  writer.u8(OPTIONS[route.options ?? 'decided']);
  writer.string(route.challenge ?? 'Bearer realm="token-broker"');
  writer.u32(route.denyStatus ?? (kind === 'deny' ? 403 : 0));
  writer.string(route.denyBody ?? '');
  writer.list(inputs, ({ source = 'header', name, maximumBytes, refusalStatus, refusalBody }) => {
    writer.u8(SOURCES[source]);
    writer.string(name);
    writer.u32(maximumBytes ?? 1024);
    writer.u32(refusalStatus ?? 400);
    writer.string(refusalBody ?? 'invalid credentials input\n');
  });
  writer.list(route.strip ?? [], (name) => writer.string(name));
  writer.list(route.stripCookies ?? [], (name) => writer.string(name));
}

class Writer {
  readonly #parts: Buffer[] = [];

  bytes(bytes: Buffer): void {
    this.#parts.push(bytes);
  }

  u8(value: number): void {
    this.bytes(Buffer.of(value));
  }

  u32(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    this.bytes(bytes);
  }

  string(text: string): void {
    const bytes = Buffer.from(text);
    this.u32(bytes.length);
    this.bytes(bytes);
  }

  list<Item>(items: readonly Item[], write: (item: Item) => void): void {
    this.u32(items.length);
    items.forEach(write);
  }

  written(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
