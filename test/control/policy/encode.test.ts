import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PolicyEntry } from '../../../control/config/configuration.ts';
import type { RouteTable } from '../../../control/decide/route.ts';
import { encode, encodedBytes, routeBytes } from '../../../control/policy/encode.ts';
import { createMatcher } from '../../../control/policy/matcher.ts';
import { compileEntries, entry } from './policy-of.ts';

const CACHE_KEY = Buffer.alloc(32, 9);
const MATCHER = readFileSync(new URL('../../../build/matcher.wasm', import.meta.url));

/** Reads an encoded table as docs/contract.md describes it, independently of the encoder. */
function decode(bytes: Buffer) {
  let at = 0;
  const take = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const u8 = () => take(1).readUInt8();
  const u32 = () => take(4).readUInt32LE();
  const string = () => take(u32()).toString('utf8');
  const list = <Item>(read: () => Item) => Array.from({ length: u32() }, read);
  const document = { magic: take(4).toString(), size: u32(), revision: string(), cacheKey: take(32) };
  const header = { ...document, unmatched: u8(), unmatchedBody: string(), bodyType: string() };
  const routes = list(() => ({
    id: string(),
    digest: string(),
    match: { host: string(), pathPrefix: string(), methods: list(string) },
    kind: ['pass', 'deny', 'decide'][u8()],
    options: ['decide', 'preflight', 'pass'][u8()],
    challenge: string(),
    deny: [u32(), string()],
    inputs: list(() => ({
      source: ['header', 'cookie', 'claim', 'peer'][u8()],
      name: string(),
      maximumBytes: u32(),
      refusal: { status: u32(), body: string() },
    })),
    strip: list(string),
    cookies: list(string),
  }));
  const checksum = createHash('sha256').update(bytes.subarray(0, at)).digest();
  return { ...header, routes, checksumGood: take(32).equals(checksum), consumed: at };
}

/** The part of a table that travels. */
function travelling({ revision, unmatched, routes }: RouteTable) {
  return {
    revision,
    unmatched: unmatched === 'pass' ? 0 : 1,
    unmatchedBody: 'policy denied\n',
    bodyType: 'text/plain; charset=utf-8',
    routes: routes.map((route) => ({
      ...{ id: route.id, digest: route.digest, match: route.match, kind: route.kind, strip: route.strip },
      options: route.kind === 'decide' ? route.options : 'decide',
      challenge: `Bearer realm="${route.kind === 'decide' ? route.realm : 'token-broker'}"`,
      deny: route.kind === 'deny' ? [route.status, route.body] : [0, ''],
      cookies: route.stripCookies,
      inputs: route.kind === 'decide' ? route.inputs : [],
    })),
  };
}

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const entries: fc.Arbitrary<PolicyEntry[]> = fc.uniqueArray(
  fc
    .tuple(
      name,
      fc.constantFrom('pass', 'deny', 'decide'),
      fc.uniqueArray(name, { maxLength: 5 }),
      fc.uniqueArray(fc.constantFrom('GET', 'PUT'), { maxLength: 2 }),
    )
    .map(([id, kind, strip, methods]) =>
      entry(
        id,
        { host: `${id}.example`, pathPrefix: `/${id}`, methods },
        kind === 'decide' ? { strip: strip.map((each) => `x-${each}`) } : { kind: kind as 'pass' },
      ),
    ),
  { selector: ({ id }) => id, maxLength: 20 },
);

describe('encode', () => {
  test('writes what the contract says, for any table', () => {
    fc.assert(
      fc.property(entries, fc.constantFrom('pass', 'deny'), (list, unmatched) => {
        const table = compileEntries(list, { unmatched });
        const bytes = encode(table, CACHE_KEY);
        const { magic, size, cacheKey, checksumGood, consumed, ...rest } = decode(bytes);
        expect({ magic, size, consumed, checksumGood }).toEqual({
          magic: 'TBR1',
          size: bytes.length,
          consumed: bytes.length,
          checksumGood: true,
        });
        expect(cacheKey).toEqual(CACHE_KEY);
        expect(rest).toEqual(travelling(table));
        // Beside the routes: magic, size, key, checksum, and the texts for requests that no route matches.
        const frame = bytes.length - table.routes.reduce((sum, route) => sum + routeBytes(route), 0);
        expect(frame).toBe(encode({ ...table, routes: [] }, CACHE_KEY).length);
        expect(encodedBytes(table.routes)).toBeGreaterThanOrEqual(bytes.length);
      }),
    );
  });
});

describe('the matcher', () => {
  test('accepts every table that the compiler makes, and finds each route by its own region', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const table = compileEntries(list);
        const match = createMatcher(MATCHER, encode(table, CACHE_KEY));
        for (const [index, { match: region }] of table.routes.entries()) {
          expect(match(region.host, region.pathPrefix, region.methods[0] ?? 'GET')).toBe(index);
        }
        expect(match('elsewhere.example', '/', 'GET')).toBe(-1);
      }),
      { numRuns: 30 },
    );
  });

  const table = compileEntries([
    entry('0-all'),
    entry('1-host', { host: 'a.example' }),
    entry('2-suffix', { host: '*.example' }),
    entry('3-path', { pathPrefix: '/orders' }),
    entry('4-method', { pathPrefix: '/orders', methods: ['PUT'] }),
  ]);
  const match = createMatcher(MATCHER, encode(table, CACHE_KEY));

  test.each([
    ['b.test', '/', 'GET', 0],
    ['', '', 'GET', 0],
    ['A.Example:8080', '/x', 'GET', 1],
    ['a.example.', '/x', 'GET', 1],
    ['b.example', '/x', 'GET', 2],
    ['example', '/x', 'GET', 0],
    ['b.test', '/orders?x=/y', 'GET', 3],
    ['a.example', '/orders/1', 'GET', 3],
    ['b.test', '/ordersx', 'GET', 0],
    ['b.test', '/orders/', 'PUT', 4],
    ['b.test', '/orders', 'put', 3],
    ['b.test', `/orders/${'x'.repeat(200_000)}`, 'PUT', 4],
  ])('sends %s%.30s %s to route %i', (host, path, method, index) => {
    expect(match(host, path, method)).toBe(index);
  });

  test('keeps its memory while it is asked again and again', () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 20_000; round += 1) {
      match('a.example', `/orders/${round}`, 'GET');
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    expect(match('b.test', '/orders/1', 'PUT')).toBe(4);
  });

  test('refuses a table that is not one', () => {
    const bytes = encode(table, CACHE_KEY);
    bytes[40] = 0x7a;
    expect(() => createMatcher(MATCHER, bytes)).toThrow(/refused the route table/);
  });
});
