import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Secret } from '../../../control/secret.ts';
import { document, type KeySetServer, type Serve, startKeySetServer } from '../../../tools/tokens/key-set-server.ts';
import { createSigningKey, keySetOf, type SigningKey, signToken } from '../../../tools/tokens/signing-key.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { authenticatorFor, type ClosableAuthenticator, claimsOf, outcomeOf, providerOf, remoteAt } from './trusting.ts';

const old = createSigningKey('ES256', { kid: 'old' });
const fresh = createSigningKey('ES256', { kid: 'fresh' });
const good = document(keySetOf(old));

let server: KeySetServer;
let clock: ManualClock;
let authenticator: ClosableAuthenticator;
beforeAll(async () => {
  server = await startKeySetServer(good);
});
afterAll(() => server.stop());
beforeEach(() => {
  clock = new ManualClock();
  server.serve(good);
  const remote = remoteAt(`${server.url}/keys`, { timeout: 300 });
  authenticator = authenticatorFor([providerOf('', { keys: { remote, local: undefined } })], { clock });
});
afterEach(() => authenticator.close());

async function ask(key: SigningKey): Promise<string> {
  const exp = Math.floor(clock.now() / 1000) + 300;
  const token = signToken(key, claimsOf({ exp, iat: exp - 300 }));
  return outcomeOf(await authenticator.authenticate(['provider'], new Secret(token)));
}

const twins = [old, { ...fresh, jwk: { ...fresh.jwk, kid: 'old' } }] as const;

const troubles: readonly (readonly [string, Serve])[] = [
  ['is down', (response) => response.socket?.destroy()],
  ['is slow', () => {}],
  ['never ends', (response) => response.writeHead(200).write('{')],
  ['is huge', document(keySetOf(old).padEnd(600_000))],
  ['is huge once unpacked', document(gzipSync(' '.repeat(5_000_000)), { 'content-encoding': 'gzip' })],
  ['redirects', document('', { location: '/other' }, 301)],
  ['answers 500', document(keySetOf(old), {}, 500)],
  ['sends a page', document('<html>')],
  ['has no keys', document('{"keys":[]}')],
  ['has two keys with one kid, and no other', document(keySetOf(...twins))],
];

test.each(troubles)('a server that %s: 503 until it has recovered', async (_what, trouble) => {
  server.serve(trouble);
  expect(await ask(old)).toBe('jwt_keys_unavailable');
  server.serve(good);
  clock.advance(2000);
  expect(await ask(old)).toBe('accepted');
});

test.each(troubles)('a server that %s later: the last good set serves', async (_what, trouble) => {
  expect(await ask(old)).toBe('accepted');
  server.serve(trouble);
  clock.advance(3_600_000);
  expect(await ask(old)).toBe('accepted');
  expect(await ask(fresh)).toBe('jwt_unknown_kid');
});

test('a server that rotates: the new key verifies after the cooldown, and the old one no more once the set is fetched', async () => {
  expect(await ask(old)).toBe('accepted');
  server.serve(document(keySetOf(fresh)));
  expect(await ask(fresh)).toBe('jwt_unknown_kid');
  clock.advance(30_000);
  expect(await ask(fresh)).toBe('accepted');
  expect(await ask(old)).toBe('jwt_unknown_kid');
});

test('a server that gets a second key with one kid: neither verifies, and the others do', async () => {
  expect(await ask(old)).toBe('accepted');
  server.serve(document(keySetOf(...twins, fresh)));
  clock.advance(600_000);
  expect([await ask(old), await ask(fresh)]).toEqual(['jwt_unknown_kid', 'accepted']);
});

test('a crowd at start is one request', async () => {
  const before = server.paths.length;
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => ask(old)));
  expect(new Set(outcomes)).toEqual(new Set(['accepted']));
  expect(server.paths.length).toBe(before + 1);
});
