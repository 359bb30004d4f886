import { afterEach, expect, test, vi } from 'vitest';
import type { Failure } from '../../../../control/kubernetes/cluster/api.ts';
import { Allowance } from '../../../../control/kubernetes/watch/allowance.ts';
import type { Selection } from '../../../../control/kubernetes/watch/selection.ts';
import { Watch, type WatchTimes } from '../../../../control/kubernetes/watch/watch.ts';
import { answered, event, failed, listOf, object, ScriptedApi, type ScriptedWatch } from '../scripted-api.ts';

const TIMES: WatchTimes = { resync: 60_000, request: 60_000, pauses: { first: 20, maximum: 100 } };
/** Machines that run tests are busy. */
const SOON = { timeout: 15_000 };
vi.setConfig({ testTimeout: 20_000 });
const clock = { now: () => Date.now(), monotonic: () => performance.now() };

let watch: Watch<string>;
let told: string[] = [];
let states: string[] = [];

afterEach(() => watch.close());

function start(
  api: ScriptedApi,
  times: Partial<WatchTimes> = {},
  changed = (_items: unknown) => {},
  selection: Selection = { resource: 'configmaps', namespace: 'team' },
): void {
  [told, states] = [[], []];
  watch = new Watch({
    ...{ api, clock, random: () => 1, times: { ...TIMES, ...times } },
    selection,
    read: ({ version }) => version,
    allowance: new Allowance({ objects: 10, bytes: 10_000 }),
    changed: (items) => {
      told.push([...items].map(([key, version]) => `${key}@${version}`).join(' '));
      changed(items);
    },
    stateChanged: ({ synced, failure }) =>
      states.push(`${synced ? 'synced' : 'unsynced'} ${failure?.reason ?? 'well'}`),
  });
}

const LIST = answered(listOf(5, object('a', 1)));

test('a list, and a watch from its version; bookmarks and events move the version on', async () => {
  const api = new ScriptedApi().calls(LIST).opens(
    {
      chunks: [event('ADDED', object('b', 6)), event('BOOKMARK', { metadata: { resourceVersion: '9' } })],
      ending: 'end',
    },
    { chunks: [event('DELETED', object('a', 10)) + event('MODIFIED', object('b', 11))], ending: 'end' },
    { chunks: [], ending: 'stay' },
  );
  start(api);
  await expect.poll(() => api.story(), SOON).toEqual(['list', 'watch 5', 'watch 9', 'watch 11']);
  // Events that come together are told together.
  expect(told).toEqual(['team/a@1', 'team/a@1 team/b@6', 'team/b@11']);
  expect(states).toEqual(['synced well']);
  expect(api.requests[1]?.query?.toString()).toBe(
    'watch=true&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=60',
  );
});

test('nothing is called before whoever made it holds it', () => {
  start(new ScriptedApi().calls(LIST));
  expect(told).toEqual([]);
  expect(watch.state()).toEqual({ synced: false, lastSyncAge: undefined, failure: undefined });
});

const bookmark = (version: number) => event('BOOKMARK', { metadata: { resourceVersion: `${version}` } });
const tooOld = event('ERROR', { kind: 'Status', code: 410 });

test('a version that has grown too old is no trouble: everything is listed again at once', async () => {
  const api = new ScriptedApi()
    .calls(LIST, answered(listOf(8, object('a', 7))))
    .opens(
      { chunks: [bookmark(6)], ending: 'end', after: 1000 },
      { chunks: [tooOld], ending: 'stay' },
      { chunks: [], ending: 'stay' },
    );
  start(api, { pauses: { first: 60_000, maximum: 60_000 } });
  const story = ['list', 'watch 5', 'watch 6', 'list', 'watch 8'];
  await expect.poll(() => api.story(), SOON).toEqual(story);
  expect(told).toEqual(['team/a@1', 'team/a@7']);
  expect(states).toEqual(['synced well']);
});

test.each<readonly [string, ScriptedWatch | Failure]>([
  ['a refusal because the version is too old', failed('gone', { status: 410 })],
  ['an event that says so', { chunks: [tooOld], ending: 'stay' }],
  ['an event that says so after another one', { chunks: [bookmark(5) + tooOld], ending: 'stay' }],
  ['a malformed event', { chunks: ['{}\n'], ending: 'stay' }],
  ['an end at once', { chunks: [], ending: 'end' }],
  ['a connection that breaks at once', { chunks: [], ending: 'break' }],
  ['no right to watch', failed('forbidden', { status: 403 })],
])('%s, each time, makes pauses that grow', async (_name, opened) => {
  const api = new ScriptedApi().calls(LIST).opens(opened);
  const begun = performance.now();
  start(api);
  // Two requests at most for each attempt, and pauses of 20, 40, 80, 100 and 100 ms between the first six.
  await expect.poll(() => api.requests.length, SOON).toBeGreaterThanOrEqual(12);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(335);
});

test('a connection that breaks goes on where it was, also when the next one cannot be made', async () => {
  const api = new ScriptedApi()
    .calls(LIST)
    .opens({ chunks: [event('ADDED', object('b', 6))], ending: 'break' }, failed('timeout'), failed('unavailable'), {
      chunks: [],
      ending: 'stay',
    });
  start(api);
  await expect.poll(() => api.story(), SOON).toEqual(['list', 'watch 5', 'watch 6', 'watch 6', 'watch 6']);
  await expect
    .poll(() => states, SOON)
    .toEqual(['synced well', 'synced unavailable', 'synced timeout', 'synced unavailable', 'synced well']);
});

test.each([
  ['a refusal', failed('forbidden', { status: 403 }), 'forbidden'],
  ['trouble of the server', failed('unavailable', { status: 503 }), 'unavailable'],
  ['a malformed event', { chunks: ['{}\n'], ending: 'stay' as const }, 'badAnswer'],
  ['a watch that ends at once', { chunks: [], ending: 'end' as const }, 'unavailable'],
])('after %s everything is listed again', async (_name, opened, reason) => {
  const api = new ScriptedApi().calls(LIST).opens(opened, { chunks: [], ending: 'stay' });
  start(api);
  await expect.poll(() => api.story(), SOON).toEqual(['list', 'watch 5', 'list', 'watch 5']);
  await expect.poll(() => states.at(-1), SOON).toBe('synced well');
  expect(states).toContain(`synced ${reason}`);
  expect(told).toEqual(['team/a@1']);
});

test('another server is listed before it is watched', async () => {
  const other = { name: 'another server' };
  const api = new ScriptedApi()
    .calls(LIST, answered(listOf(2, object('z', 2)), other))
    .opens({ chunks: [event('ADDED', object('b', 6))], ending: 'stay', server: other });
  start(api);
  await expect.poll(() => api.story().slice(0, 4), SOON).toEqual(['list', 'watch 5', 'list', 'watch 2']);
  await expect.poll(() => told, SOON).toEqual(['team/a@1', 'team/z@2', 'team/z@2 team/b@6']);
  await expect.poll(() => api.openCount, SOON).toBe(1);
});

test('while the list fails there are pauses that grow, with what the server asks for as the least', async () => {
  const api = new ScriptedApi().calls(failed('unavailable'), failed('unavailable', { retryAfter: 200 }), LIST);
  const begun = performance.now();
  start(api, { pauses: { first: 50, maximum: 1000 } });
  await expect.poll(() => told, { ...SOON, interval: 5 }).toEqual(['team/a@1']);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(245);
  expect(states.slice(0, 3)).toEqual(['unsynced unavailable', 'unsynced unavailable', 'synced well']);
});

test('what a server asks for is no reason to wait for ever', async () => {
  const api = new ScriptedApi().calls(failed('unavailable', { retryAfter: 999_999_000 }), LIST);
  start(api);
  await expect.poll(() => told, SOON).toEqual(['team/a@1']);
});

test('a set that has grown too large keeps what it was', async () => {
  const many = Array.from({ length: 11 }, (_, index) => object(`c-${index}`, 1));
  const api = new ScriptedApi().calls(LIST, answered(listOf(9, ...many))).opens({ chunks: ['{}\n'], ending: 'end' });
  start(api);
  await expect.poll(() => states, SOON).toContain('synced tooLarge');
  expect(told).toEqual(['team/a@1']);
});

test('one who listens and fails does not end it', async () => {
  const api = new ScriptedApi().calls(LIST).opens({ chunks: [event('ADDED', object('b', 6))], ending: 'stay' });
  start(api, {}, () => {
    throw new TypeError('planted');
  });
  await expect.poll(() => states, SOON).toContain('synced unavailable');
  await expect.poll(() => told, SOON).toContain('team/a@1 team/b@6');
});

test('the end comes at once, whatever it is doing, and leaves nothing open', async () => {
  const api = new ScriptedApi().calls(LIST);
  start(api);
  await expect.poll(() => api.openCount, SOON).toBe(1);
  await watch.close();
  expect(api.openCount).toBe(0);
  const listing = new ScriptedApi().calls('silence');
  start(listing);
  await expect.poll(() => listing.requests.length, SOON).toBe(1);
  await watch.close();
  expect(states).toEqual([]);
  const pausing = new ScriptedApi().calls(failed('forbidden'));
  start(pausing, { pauses: { first: 60_000, maximum: 60_000 } });
  await expect.poll(() => states, SOON).toEqual(['unsynced forbidden']);
  await watch.close();
  expect(states).toHaveLength(1);
});

const forbidden = failed('forbidden', { status: 403 });
const NAMED: Selection = { resource: 'secrets', namespace: 'team', name: 'a' };

test('one object that may be read and not listed is looked at again and again, and that is no trouble', async () => {
  const [first, second, gone] = [answered(object('a', 1)), answered(object('a', 2)), failed('notFound')];
  const api = new ScriptedApi().calls(forbidden, first, forbidden, second, forbidden, gone, forbidden, gone);
  start(api, {}, undefined, NAMED);
  await expect.poll(() => told, SOON).toEqual(['team/a@1', 'team/a@2', '']);
  expect(states).toEqual(['synced well']);
  expect(api.requests[1]).toMatchObject({ method: 'GET', path: '/api/v1/namespaces/team/secrets/a' });
  expect(api.requests[1]?.query).toBeUndefined();
});

test('one object that may not even be read is in trouble', async () => {
  start(new ScriptedApi().calls(forbidden), {}, undefined, NAMED);
  await expect.poll(() => states[0], SOON).toBe('unsynced forbidden');
  expect(told).toEqual([]);
});

test('many objects are never read one by one', async () => {
  const api = new ScriptedApi().calls(forbidden);
  start(api);
  await expect.poll(() => states[0], SOON).toBe('unsynced forbidden');
  expect(api.requests[0]?.path).toBe('/api/v1/namespaces/team/configmaps');
  expect(new Set(api.requests.map(({ path }) => path)).size).toBe(1);
});
