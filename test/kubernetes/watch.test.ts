import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { Broker } from './connect.ts';
import { configMap, grantIn, namespace, type Rule } from './manifests.ts';
import { type Watching, type WatchingOptions, watchConfigMaps } from './watching.ts';

const READ: Rule = { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] };

let apiserver: KubeApiserver;
let broker: Broker;
let home = '';
let number = 0;
const watching: Watching[] = [];

beforeAll(async () => {
  apiserver = await KubeApiserver.start();
  broker = await Broker.connect(apiserver, [READ]);
});

afterEach(async () => {
  for (const watch of watching.splice(0)) await watch.close();
});

afterAll(async () => {
  await broker?.stop();
  await apiserver?.stop();
});

/** A watch of a namespace that no other test knows. */
async function watchNew(options: WatchingOptions = {}, by = broker): Promise<Watching> {
  number += 1;
  home = `team-${number}`;
  await apiserver.admin.apply(namespace(home));
  return watch(options, by);
}

function watch(options: WatchingOptions = {}, by = broker): Watching {
  const watch = watchConfigMaps(by.cluster, { namespace: home, labelSelector: 'policy=yes' }, options);
  watching.push(watch);
  return watch;
}

/** One of this test's ConfigMaps. */
const one = (name: string, value: string, labels?: Record<string, string>) => configMap(home, name, { value }, labels);

test('an empty set is told too, and what comes, changes and goes afterwards', async () => {
  const watch = await watchNew();
  await watch.expect({});
  expect(watch.state()).toMatchObject({ synced: true, failure: undefined });
  await apiserver.admin.apply(one('a', '1'), one('b', '1'));
  await watch.expect({ [`${home}/a`]: '1', [`${home}/b`]: '1' });
  await apiserver.admin.apply(one('a', '2'));
  await watch.expect({ [`${home}/a`]: '2', [`${home}/b`]: '1' });
  await apiserver.admin.remove(one('a', '2'));
  await watch.expect({ [`${home}/b`]: '1' });
  expect(watch.requests()).toEqual({ lists: 1, watches: 1 });
});

test('an object that loses its label goes, and one that gets it comes', async () => {
  const watch = await watchNew();
  await apiserver.admin.apply(one('a', '1'), one('b', '1', {}), one('c', '1', { policy: 'no' }));
  await watch.expect({ [`${home}/a`]: '1' });
  await apiserver.admin.apply(one('a', '1', { policy: 'no' }), one('b', '1', { policy: 'yes' }));
  await watch.expect({ [`${home}/b`]: '1' });
});

test('of two who write at once, the one that is refused is never seen', async () => {
  const watch = await watchNew();
  await apiserver.admin.apply(one('a', 'first'));
  const stale = await apiserver.admin.read(one('a', ''));
  await apiserver.admin.apply(one('a', 'winner'));
  await expect(apiserver.admin.replace({ ...stale, data: { value: 'loser' } })).rejects.toThrow('409');
  await apiserver.admin.apply(one('last', ''));
  await watch.expect({ [`${home}/a`]: 'winner', [`${home}/last`]: '' });
  expect(JSON.stringify(watch.told())).not.toContain('loser');
});

test('a list of several pages is one set', async () => {
  number += 1;
  home = `team-${number}`;
  await apiserver.admin.apply(namespace(home));
  const names = Array.from({ length: 260 }, (_, index) => `c-${index}`);
  await Promise.all(names.map((name) => apiserver.admin.apply(one(name, '1'))));
  const all = watch();
  await all.expect(Object.fromEntries(names.map((name) => [`${home}/${name}`, '1'])));
  expect(all.told()).toHaveLength(1);
  expect(all.requests().lists).toBe(2);
});

test('a watch that expires goes on where it was', async () => {
  const watch = await watchNew({ times: { request: 1500 } });
  await apiserver.admin.apply(one('a', '1'));
  await eventually(() => expect(watch.requests().watches).toBeGreaterThanOrEqual(3), 20_000);
  await apiserver.admin.apply(one('b', '1'));
  await watch.expect({ [`${home}/a`]: '1', [`${home}/b`]: '1' });
  expect(watch.requests().lists).toBe(1);
  expect(watch.failures()).toEqual([]);
});

test('everything is listed again after a while, and told only when it is different', async () => {
  const watch = await watchNew({ times: { resync: 1500 } });
  await apiserver.admin.apply(one('a', '1'));
  await watch.expect({ [`${home}/a`]: '1' });
  const before = watch.told().length;
  await eventually(() => expect(watch.requests().lists).toBeGreaterThanOrEqual(3), 20_000);
  expect(watch.told()).toHaveLength(before);
  expect(watch.failures()).toEqual([]);
});

test('what may not be read is reported, and is there as soon as it may', async () => {
  const stranger = await Broker.connect(apiserver);
  const watch = await watchNew({ times: { request: 1000 } }, stranger);
  await apiserver.admin.apply(one('a', '1'));
  await eventually(() => expect(watch.failures().length).toBeGreaterThanOrEqual(2));
  expect(watch.state()).toMatchObject({ synced: false, lastSyncAge: undefined, failure: { reason: 'forbidden' } });
  expect(watch.state().failure?.message).toContain('cannot list resource "configmaps"');
  await apiserver.admin.apply(...grantIn(home, stranger.account, 'read', READ));
  await watch.expect({ [`${home}/a`]: '1' });
  await eventually(() => expect(watch.state()).toMatchObject({ synced: true, failure: undefined }));

  // The right goes away: what was read stays, and the trouble shows once a new request is needed.
  await apiserver.admin.remove({
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
    metadata: { namespace: home, name: 'read' },
  });
  await eventually(() => expect(watch.state().failure?.reason).toBe('forbidden'), 20_000);
  expect(watch.values()).toEqual({ [`${home}/a`]: '1' });
  await stranger.stop();
}, 40_000);

test('a right to list alone is not enough', async () => {
  const stranger = await Broker.connect(apiserver, [{ ...READ, verbs: ['list'] }]);
  const watch = await watchNew({}, stranger);
  await eventually(() => expect(watch.failures()).toContain('forbidden'));
  expect(watch.state()).toMatchObject({ synced: true, failure: { reason: 'forbidden' } });
  await stranger.stop();
});

test('a set that is too large is not read, and the former one stays', async () => {
  const watch = await watchNew({ limits: { objects: 2, bytes: 4000 } });
  await apiserver.admin.apply(one('a', '1'), one('b', '1'));
  await watch.expect({ [`${home}/a`]: '1', [`${home}/b`]: '1' });
  await apiserver.admin.apply(one('c', '1'));
  await eventually(() => expect(watch.state().failure?.reason).toBe('tooLarge'));
  expect(watch.values()).toEqual({ [`${home}/a`]: '1', [`${home}/b`]: '1' });
  await apiserver.admin.remove(one('a', '1'));
  await watch.expect({ [`${home}/b`]: '1', [`${home}/c`]: '1' });
  await eventually(() => expect(watch.state().failure).toBeUndefined());

  await apiserver.admin.apply(one('c', 'large '.repeat(1000)));
  await eventually(() => expect(watch.state().failure?.reason).toBe('tooLarge'));
  expect(watch.values()).toEqual({ [`${home}/b`]: '1', [`${home}/c`]: '1' });
  await apiserver.admin.apply(one('c', 'small'));
  await watch.expect({ [`${home}/b`]: '1', [`${home}/c`]: 'small' });
});

test('nothing is told after the end, and no connection stays', async () => {
  const watch = await watchNew();
  await watch.expect({});
  await watch.close();
  await apiserver.admin.apply(one('a', '1'));
  const later = watchConfigMaps(broker.cluster, { namespace: home, labelSelector: 'policy=yes' });
  await later.expect({ [`${home}/a`]: '1' });
  await later.close();
  expect(watch.told()).toEqual([{}]);
});
