import { createHash } from 'node:crypto';

/** A route as the contract's encoding has it, with what tests seldom set left out. */
export interface TestRoute {
  id: string;
  host?: string;
  pathPrefix?: string;
  methods?: string[];
  kind?: 'pass' | 'deny' | 'decide';
  denyStatus?: number;
  denyBody?: string;
  inputs?: { name: string; maximumBytes?: number; refusalStatus?: number; refusalBody?: string }[];
  strip?: string[];
  /** Changes the route's digest, as a change of its issuer or secret would. */
  version?: string;
}

export const CACHE_KEY = Buffer.alloc(32, 7);
const KINDS = { pass: 0, deny: 1, decide: 2 };

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
  options: { unmatched?: 'pass' | 'deny'; cacheKey?: Buffer } = {},
): Buffer {
  const parts: Buffer[] = [];
  const u8 = (value: number) => parts.push(Buffer.of(value));
  const u32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    parts.push(bytes);
  };
  const string = (text: string) => {
    const bytes = Buffer.from(text);
    u32(bytes.length);
    parts.push(bytes);
  };
  string(revisionOf(routes));
  parts.push(options.cacheKey ?? CACHE_KEY);
  u8(options.unmatched === 'pass' ? 0 : 1);
  u32(routes.length);
  for (const route of routes) {
    const kind = route.kind ?? 'decide';
    string(route.id);
    string(digestOf(route));
    string(route.host ?? '*');
    string(route.pathPrefix ?? '/');
    u32(route.methods?.length ?? 0);
    route.methods?.forEach(string);
    u8(KINDS[kind]);
    u32(route.denyStatus ?? (kind === 'deny' ? 403 : 0));
    string(route.denyBody ?? '');
    u32(route.inputs?.length ?? 0);
    for (const input of route.inputs ?? []) {
      u8(0);
      string(input.name);
      u32(input.maximumBytes ?? 1024);
      u32(input.refusalStatus ?? 400);
      string(input.refusalBody ?? 'invalid credentials input\n');
    }
    u32(route.strip?.length ?? 0);
    route.strip?.forEach(string);
  }
  const body = Buffer.concat(parts);
  const head = Buffer.from('TBR1\0\0\0\0');
  head.writeUInt32LE(head.length + body.length + 32, 4);
  const document = Buffer.concat([head, body]);
  return Buffer.concat([document, createHash('sha256').update(document).digest()]);
}
