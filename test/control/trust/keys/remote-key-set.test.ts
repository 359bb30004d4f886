import { beforeEach, expect, test } from 'vitest';
import type { RemoteKeys, SignatureAlgorithm } from '../../../../control/config/provider.ts';
import { type ParsedKeySet, parseKeySet } from '../../../../control/trust/keys/parse-key-set.ts';
import { type KeyEvent, RemoteKeySet } from '../../../../control/trust/keys/remote-key-set.ts';
import { createSigningKey, keySetOf } from '../../../../tools/tokens/signing-key.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { remoteAt } from '../trusting.ts';

const ALGORITHMS: readonly SignatureAlgorithm[] = ['ES256'];
const old = createSigningKey('ES256', { kid: 'old' });
const rotated = createSigningKey('ES256', { kid: 'rotated' });
const local = createSigningKey('ES256', { kid: 'local' });
const sets = {
  old: keySetOf(old),
  both: keySetOf(old, rotated),
  new: keySetOf(rotated),
};

let clock = new ManualClock();
let fetches = 0;
let events: KeyEvent[] = [];
let published: string | Error = sets.old;
let maxAge: number | undefined;
let gate = Promise.withResolvers<void>();

beforeEach(() => {
  clock = new ManualClock();
  [fetches, events, published, maxAge] = [0, [], sets.old, undefined];
  gate.resolve();
});

function keySet(changes: Partial<RemoteKeys> = {}, fallback?: ParsedKeySet): RemoteKeySet {
  return new RemoteKeySet({
    remote: remoteAt('http://keys.example', changes),
    fallback,
    clock,
    random: () => 0.999_999,
    observe: (event) => events.push(event),
    fetched: () => {},
    closed: async () => {},
    fetchKeySet: async () => {
      fetches += 1;
      await gate.promise;
      if (published instanceof Error) throw published;
      return { ...parseKeySet(published), maxAge };
    },
  });
}

const find = async (set: RemoteKeySet, kid: string) => (await set.find(kid, ALGORITHMS)).kind;
const MINUTE = 60_000;

test('it is fetched when it is first needed, once for everybody', async () => {
  const set = keySet();
  expect(fetches).toBe(0);
  expect(await Promise.all([find(set, 'old'), find(set, 'old'), find(set, 'old')])).toEqual([
    'found',
    'found',
    'found',
  ]);
  expect(await find(set, 'old')).toBe('found');
  expect(fetches).toBe(1);
});

test('prefetching fetches it before anybody asks, and keeps it fresh', async () => {
  const set = keySet({ prefetch: true });
  set.refreshIfDue();
  await set.close();
  clock.advance(8 * MINUTE);
  set.refreshIfDue();
  await set.close();
  expect(fetches).toBe(2);
});

test('a set that is used is fetched again behind the requests before it goes stale', async () => {
  const set = keySet();
  await find(set, 'old');
  clock.advance(8 * MINUTE);
  published = sets.new;
  gate = Promise.withResolvers();
  expect(await find(set, 'old')).toBe('found');
  gate.resolve();
  await set.close();
  expect(await find(set, 'old')).toBe('unknown');
  expect(await find(set, 'rotated')).toBe('found');
  expect(fetches).toBe(2);
});

test('a set that nobody uses is left alone, and fetched anew when somebody does', async () => {
  const set = keySet();
  await find(set, 'old');
  await find(set, 'old');
  set.refreshIfDue();
  clock.advance(8 * MINUTE);
  set.refreshIfDue();
  await set.close();
  expect(fetches).toBe(2);
  clock.advance(60 * MINUTE);
  set.refreshIfDue();
  expect(fetches).toBe(2);
  published = sets.new;
  expect(await find(set, 'old')).toBe('unknown');
  expect(fetches).toBe(3);
});

test('a key that left the set stops verifying when the set is stale', async () => {
  const set = keySet();
  await find(set, 'old');
  published = sets.new;
  clock.advance(10 * MINUTE);
  expect(await find(set, 'old')).toBe('unknown');
});

test.each([
  ['what the server says', 300_000, 5 * MINUTE],
  ['the least that is set', 0, MINUTE],
  ['the most that is set', 86_400_000, 60 * MINUTE],
  ['the default where the server says nothing', undefined, 10 * MINUTE],
])('a set is fresh for %s', async (_name, said, freshness) => {
  maxAge = said;
  const set = keySet();
  await find(set, 'old');
  published = new Error('down');
  clock.advance(freshness - 1);
  await find(set, 'old');
  await set.close();
  expect(events.at(-1)).toBe('hit');
  clock.advance(1);
  await find(set, 'old');
  expect(events.at(-1)).toBe('stale');
});

test('an unknown kid has the set fetched, at most once per cooldown', async () => {
  const set = keySet();
  await find(set, 'old');
  published = sets.both;
  expect(await set.find('rotated', ALGORITHMS)).toEqual({ kind: 'unknown', trueFor: 30_000 });
  clock.advance(29_999);
  expect(await find(set, 'rotated')).toBe('unknown');
  expect(fetches).toBe(1);
  clock.advance(1);
  expect(await find(set, 'rotated')).toBe('found');
  expect(await find(set, 'garbage')).toBe('unknown');
  expect(fetches).toBe(2);
});

test('a garbage kid that was looked for never takes the fetch of a rotated key', async () => {
  const set = keySet();
  await find(set, 'old');
  clock.advance(30_000);
  expect(await find(set, 'garbage')).toBe('unknown');
  expect(fetches).toBe(2);
  clock.advance(30_000);
  expect(await find(set, 'garbage')).toBe('unknown');
  expect(fetches).toBe(2);
  published = sets.new;
  expect(await find(set, 'rotated')).toBe('found');
  expect(fetches).toBe(3);
});

test('a kid that was refused within the cooldown is looked for as soon as it ends', async () => {
  const set = keySet();
  await find(set, 'old');
  await find(set, 'rotated');
  published = sets.both;
  clock.advance(30_000);
  expect(await find(set, 'rotated')).toBe('found');
});

test('the last good set serves while none can be fetched, until the hard limit', async () => {
  const set = keySet({ hardLimit: 60 * MINUTE });
  await find(set, 'old');
  published = new Error('down');
  for (let minute = 10; minute < 60; minute += 10) {
    clock.advance(10 * MINUTE);
    expect(await find(set, 'old')).toBe('found');
  }
  clock.advance(10 * MINUTE);
  expect(await find(set, 'old')).toBe('unavailable');
  published = sets.old;
  clock.advance(MINUTE);
  expect(await find(set, 'old')).toBe('found');
});

test('nobody waits for a server that failed before, as long as there are keys', async () => {
  const set = keySet();
  await find(set, 'old');
  published = new Error('down');
  clock.advance(10 * MINUTE);
  expect(await find(set, 'old')).toBe('found');
  clock.advance(MINUTE);
  gate = Promise.withResolvers();
  expect(await find(set, 'old')).toBe('found');
  expect(fetches).toBe(3);
  gate.resolve();
  await set.close();
});

test('after a failure the server is left alone, twice as long each time', async () => {
  published = new Error('down');
  const set = keySet();
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 9; attempt += 1) {
    const lookup = await set.find('old', ALGORITHMS);
    const before = fetches;
    expect(await find(set, 'old')).toBe('unavailable');
    expect(fetches).toBe(before);
    const pause = lookup.kind === 'unavailable' ? lookup.trueFor : 0;
    pauses.push(Math.round(pause / 1000));
    clock.advance(pause);
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

test('a restart while the issuer is down falls back to the local set, and leaves it as soon as there is another', async () => {
  published = new Error('down');
  const set = keySet({}, parseKeySet(keySetOf(local)));
  expect(await find(set, 'local')).toBe('found');
  expect(await find(set, 'old')).toBe('unknown');
  expect(events).toEqual(['fallback', 'cooldown']);
  published = sets.old;
  clock.advance(MINUTE);
  expect(await find(set, 'old')).toBe('found');
  expect(await find(set, 'local')).toBe('unknown');
});

test('the fallback serves again past the hard limit', async () => {
  const set = keySet({ hardLimit: 60 * MINUTE }, parseKeySet(keySetOf(local)));
  await find(set, 'old');
  published = new Error('down');
  clock.advance(60 * MINUTE);
  expect(await find(set, 'local')).toBe('found');
  expect(await find(set, 'old')).toBe('unknown');
});

test('a wall clock that steps back never keeps a set fresh', async () => {
  const set = keySet();
  await find(set, 'old');
  published = sets.new;
  clock.stepWall(-3600_000);
  clock.advance(10 * MINUTE);
  expect(await find(set, 'old')).toBe('unknown');
});
