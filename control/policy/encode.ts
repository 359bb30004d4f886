import { createHash } from 'node:crypto';
import type { UnauthenticatedOptions } from '../config/configuration.ts';
import { DEFAULT_REALM } from '../config/issuer-settings.ts';
import { BODY_TYPE, refusalBody } from '../decide/refusal-format.ts';
import { challenge } from '../decide/refuse.ts';
import type { InputSource, KeyInput, Route, RouteTable } from '../decide/route.ts';
import { BrokerError } from '../errors.ts';

/** The encoding's first four bytes; the digit is its version. */
const MAGIC = 'TBR1';
const CHECKSUM_BYTES = 32;
/** The filter reads no larger table. */
export const MAXIMUM_TABLE_BYTES = 8 * 1024 * 1024;
/** What stands around the routes takes less. */
const FRAME_BYTES = 2048;
const KIND: Readonly<Record<Route['kind'], number>> = { pass: 0, deny: 1, decide: 2 };
const OPTIONS: Readonly<Record<UnauthenticatedOptions, number>> = { decide: 0, preflight: 1, pass: 2 };
const SOURCE: Readonly<Record<InputSource, number>> = { header: 0, cookie: 1, claim: 2, peer: 3 };

/**
 * Encodes the table for the filter and the matcher (docs/contract.md, "Encoding, version 1").
 *
 * @param cacheKey 32 bytes: what the filter keys its cache entries with
 */
export function encode(table: RouteTable, cacheKey: Buffer): Buffer {
  const content = Buffer.concat([
    string(table.revision),
    cacheKey,
    u8(table.unmatched === 'pass' ? 0 : 1),
    string(refusalBody(new BrokerError('policy_denied'), table.format)),
    string(BODY_TYPE[table.format]),
    list(table.routes, encodeRoute),
  ]);
  const head = Buffer.concat([Buffer.from(MAGIC, 'latin1'), u32(8 + content.length + CHECKSUM_BYTES)]);
  const checksum = createHash('sha256').update(head).update(content).digest();
  return Buffer.concat([head, content, checksum]);
}

/** At least the bytes of a table with these routes, without the work of encoding it. */
export function encodedBytes(routes: readonly Route[]): number {
  return routes.reduce((sum, route) => sum + routeBytes(route), FRAME_BYTES);
}

/** Bytes of one of them. */
export function routeBytes(route: Route): number {
  const { id, digest, match, strip, stripCookies } = route;
  const [realm, inputs] = route.kind === 'decide' ? [route.realm, route.inputs] : [DEFAULT_REALM, []];
  const texts = [id, digest, match.host, match.pathPrefix, challenge(realm), route.kind === 'deny' ? route.body : ''];
  const lists = [
    ...match.methods,
    ...strip,
    ...stripCookies,
    ...inputs.flatMap(({ name, refusal }) => [name, refusal.body]),
  ];
  const fixed = 4 * 4 + 2 + 4 + inputs.length * 9;
  return [...texts, ...lists].reduce((sum, text) => sum + 4 + Buffer.byteLength(text), fixed);
}

function encodeRoute(route: Route): Buffer {
  const { id, digest, match, kind, strip, stripCookies } = route;
  const [status, body] = route.kind === 'deny' ? [route.status, route.body] : [0, ''];
  const inputs = route.kind === 'decide' ? route.inputs : [];
  return Buffer.concat([
    ...[id, digest, match.host, match.pathPrefix].map(string),
    list(match.methods, string),
    u8(KIND[kind]),
    u8(OPTIONS[route.kind === 'decide' ? route.options : 'decide']),
    string(challenge(route.kind === 'decide' ? route.realm : DEFAULT_REALM)),
    u32(status),
    string(body),
    list(inputs, encodeInput),
    list(strip, string),
    list(stripCookies, string),
  ]);
}

function encodeInput({ source, name, maximumBytes, refusal }: KeyInput): Buffer {
  return Buffer.concat([
    u8(SOURCE[source]),
    string(name),
    u32(maximumBytes),
    u32(refusal.status),
    string(refusal.body),
  ]);
}

function list<Item>(items: readonly Item[], encodeItem: (item: Item) => Buffer): Buffer {
  return Buffer.concat([u32(items.length), ...items.map(encodeItem)]);
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([u32(bytes.length), bytes]);
}

function u8(value: number): Buffer {
  return Buffer.of(value);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
