import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RemoteKeys } from '../../../../control/config/provider.ts';
import { MAXIMUM_DOCUMENT } from '../../../../control/trust/keys/fetch-document.ts';
import { fetchKeySet } from '../../../../control/trust/keys/fetch-key-set.ts';
import { createTransport } from '../../../../control/trust/keys/transport.ts';
import { document, type KeySetServer, type Serve, startKeySetServer } from '../../../../tools/tokens/key-set-server.ts';
import { createSigningKey, keySetOf } from '../../../../tools/tokens/signing-key.ts';
import { createCertificateAuthority } from '../../../support/certificates.ts';
import { remoteAt } from '../trusting.ts';

const keys = keySetOf(createSigningKey('ES256', { kid: 'one' }));
const authority = createCertificateAuthority();
const folder = mkdtempSync(join(tmpdir(), 'trust-'));
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, authority.certificate);

let server: KeySetServer;
let secure: KeySetServer;
beforeAll(async () => {
  server = await startKeySetServer(document(keys));
  secure = await startKeySetServer(document(keys), authority.issue('localhost'));
});
beforeEach(() => server.serve(document(keys)));
afterAll(async () => {
  await Promise.all([server.stop(), secure.stop()]);
  rmSync(folder, { recursive: true });
});

async function fetched(changes: Partial<RemoteKeys> = {}) {
  const remote = remoteAt(`${server.url}/keys`, changes);
  const transport = createTransport(remote);
  try {
    const { keys: found, maxAge } = await fetchKeySet(remote, transport.fetch);
    return { kids: [...found.keys()], maxAge };
  } finally {
    await transport.close();
  }
}

test('a set is fetched', async () => {
  expect(await fetched()).toEqual({ kids: ['one'], maxAge: undefined });
});

test.each([
  [{ 'cache-control': 'public, max-age=300' }, 300_000],
  [{ 'cache-control': 'Max-Age="300"' }, 300_000],
  [{ 'cache-control': 'max-age=300', age: '100' }, 200_000],
  [{ 'cache-control': 'max-age=300', age: '500' }, 0],
  [{ 'cache-control': 'no-store' }, 0],
  [{ 'cache-control': 'no-cache, max-age=300' }, 0],
  [{ 'cache-control': 'max-age=-1' }, undefined],
  [{ 'cache-control': 'public' }, undefined],
] as readonly (readonly [Record<string, string>, number | undefined])[])(
  '%o lets it be kept for %s ms',
  async (headers, maxAge) => {
    server.serve(document(keys, headers));
    expect((await fetched()).maxAge).toBe(maxAge);
  },
);

const hang: Serve = () => {};
const drip: Serve = (response) => response.writeHead(200).write('{"keys":[');
const reset: Serve = (response) => response.socket?.destroy();

test.each<readonly [string, Serve, RegExp]>([
  ['a server error', document(keys, {}, 503), /answered 503$/],
  ['a redirect', document('', { location: '/elsewhere' }, 302), /answered 302$/],
  ['a set with another status', document(keys, {}, 203), /answered 203$/],
  ['a page', document('<html>'), /not JSON$/],
  ['nothing', document(''), /not JSON$/],
  ['too much', document(Buffer.alloc(MAXIMUM_DOCUMENT + 1, 0x20)), /more than 524288 bytes$/],
  [
    'too much, compressed',
    document(gzipSync(Buffer.alloc(5_000_000, 0x20)), { 'content-encoding': 'gzip' }),
    /more than 524288/,
  ],
  ['keys that cannot be used', document('{"keys":[]}'), /no usable key$/],
  ['no answer', hang, /timeout|aborted/i],
  ['an answer that never ends', drip, /timeout|aborted|terminated/i],
  ['a closed connection', reset, /fetch failed/],
])('%s is a failure', async (_name, serve, message) => {
  server.serve(serve);
  await expect(fetched({ timeout: 300 })).rejects.toThrow(message);
});

test('a redirect is never followed', async () => {
  const before = server.paths.length;
  server.serve(document('', { location: `${server.url}/evil` }, 307));
  await expect(fetched()).rejects.toThrow();
  expect(server.paths.slice(before)).toEqual(['/keys']);
});

test('the largest set that may be', async () => {
  server.serve(document(keys.padEnd(MAXIMUM_DOCUMENT)));
  expect((await fetched()).kids).toEqual(['one']);
});

test('a server needs a certificate of a trusted authority', async () => {
  const location = { kind: 'url', url: new URL(secure.url) } as const;
  expect((await fetched({ location, caFile })).kids).toEqual(['one']);
  await expect(fetched({ location })).rejects.toThrow('fetch failed');
});

const discovery = (metadata: object | string): Serve => {
  const text = typeof metadata === 'string' ? metadata : JSON.stringify(metadata);
  return (response, path) => document(path === '/realm/.well-known/openid-configuration' ? text : keys)(response, path);
};

test('an issuer says where its keys are', async () => {
  const issuer = `${server.url}/realm`;
  const location = { kind: 'discovery', url: new URL(issuer) } as const;
  const before = server.paths.length;
  server.serve(discovery({ issuer, jwks_uri: `${server.url}/jwks` }));
  expect((await fetched({ location })).kids).toEqual(['one']);
  expect(server.paths.slice(before)).toEqual(['/realm/.well-known/openid-configuration', '/jwks']);
});

test.each<readonly [string, (url: string) => object | string, RegExp]>([
  ['another issuer', (url) => ({ issuer: `${url}/other`, jwks_uri: `${url}/jwks` }), /another issuer$/],
  ['no issuer', (url) => ({ jwks_uri: `${url}/jwks` }), /another issuer$/],
  ['no keys', (url) => ({ issuer: `${url}/realm` }), /no jwks_uri$/],
  ['keys at no URL', (url) => ({ issuer: `${url}/realm`, jwks_uri: '/jwks' }), /no jwks_uri$/],
  ['keys in a file', (url) => ({ issuer: `${url}/realm`, jwks_uri: 'file:///etc/passwd' }), /not https/],
  ['null', () => 'null', /another issuer$/],
  ['a page', () => '<html>', /not JSON$/],
])('metadata with %s are a failure', async (_name, metadata, message) => {
  server.serve(discovery(metadata(server.url)));
  const location = { kind: 'discovery', url: new URL(`${server.url}/realm/`) } as const;
  await expect(fetched({ location })).rejects.toThrow(message);
});

test('keys over plain HTTP are refused unless they are allowed', async () => {
  const issuer = `${server.url}/realm`;
  server.serve(discovery({ issuer, jwks_uri: `${server.url}/jwks` }));
  const location = { kind: 'discovery', url: new URL(issuer) } as const;
  await expect(fetched({ location, allowInsecure: false })).rejects.toThrow(/not https/);
});
