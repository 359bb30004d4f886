import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { Broker, open } from './connect.ts';
import { type Link, startLink } from './link.ts';
import { configMap, namespace, type Rule } from './manifests.ts';
import { type Watching, type WatchingOptions, watchConfigMaps } from './watching.ts';

const READ: Rule = { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] };
const HOME = 'team';

let apiserver: KubeApiserver;
let link: Link;
let broker: Broker;
const watching: Watching[] = [];

beforeAll(async () => {
  // Watches read etcd itself, and etcd forgets the past after two intervals.
  apiserver = await KubeApiserver.start('--watch-cache=false', '--etcd-compaction-interval=1s');
  link = await startLink(apiserver.url);
  broker = await Broker.connect(apiserver, [READ], `https://127.0.0.1:${link.port}`);
  await apiserver.admin.apply(namespace(HOME));
});

afterEach(async () => {
  link.mend();
  for (const watch of watching.splice(0)) await watch.close();
});

afterAll(async () => {
  await broker?.stop();
  await link?.stop();
  await apiserver?.stop();
});

/** A watch of the ConfigMaps with one label, which no other test uses. */
function watch(label: string, options: WatchingOptions = {}): Watching {
  const watch = watchConfigMaps(broker.cluster, { namespace: HOME, labelSelector: `test=${label}` }, options);
  watching.push(watch);
  return watch;
}

const one = (name: string, value: string, label = name) => configMap(HOME, name, { value }, { test: label });

test('a connection that breaks is made again, and the watch goes on where it was', async () => {
  const cut = watch('cut');
  await cut.expect({});
  await eventually(() => expect(cut.requests().watches).toBe(1));
  link.cut();
  await apiserver.admin.apply(one('cut', '1'));
  await cut.expect({ 'team/cut': '1' });
  expect(cut.requests().lists).toBe(1);
  expect(cut.failures()).toEqual(['unavailable']);
  await eventually(() => expect(cut.state().failure).toBeUndefined());
});

test('after a time without connection that is too long to go on, everything is listed again', async () => {
  const late = watch('late');
  await apiserver.admin.apply(one('late', '1'));
  await late.expect({ 'team/late': '1' });
  link.break();
  await eventually(() => expect(late.failures()).toContain('unavailable'));
  await apiserver.admin.apply(one('late', '2'));
  const version = (await apiserver.admin.read(one('late', ''))).metadata.resourceVersion ?? '';
  await apiserver.admin.apply(one('late', '3'));
  await eventually(async () => expect(await isForgotten(version)).toBe(true), 30_000);
  const before = late.requests();
  link.mend();
  await late.expect({ 'team/late': '3' });
  // One watch was told that it is too late, and one follows the list.
  await eventually(() => expect(late.requests()).toEqual({ lists: before.lists + 1, watches: before.watches + 2 }));
  expect(late.told().map((values) => values['team/late'])).not.toContain('2');
  expect(late.failures()).not.toContain('gone');
}, 60_000);

/** Whether a watch can no longer begin at a version. */
async function isForgotten(resourceVersion: string): Promise<boolean> {
  const query = new URLSearchParams({ watch: 'true', resourceVersion, timeoutSeconds: '1' });
  const path = `/api/v1/namespaces/${HOME}/configmaps`;
  const direct = await Broker.connect(apiserver, [READ]);
  const answer = await direct.cluster.call({ method: 'GET', path, query });
  await direct.stop();
  return answer.kind === 'failed' ? answer.reason === 'gone' : JSON.stringify(answer.value).includes('410');
}

test('a connection over which nothing comes any more does not stay for ever', async () => {
  const frozen = watch('frozen', { times: { request: 1000 } });
  await frozen.expect({});
  link.freeze();
  await apiserver.admin.apply(one('frozen', '1'));
  // The watch lasts a second, and is given ten more to end.
  await frozen.expect({ 'team/frozen': '1' }, 30_000);
}, 40_000);

test('a cluster that moves to another server is listed there', async () => {
  const other = await KubeApiserver.start();
  const file = join(mkdtempSync(join(tmpdir(), 'moving-')), 'kubeconfig');
  writeFileSync(file, readFileSync(apiserver.kubeconfigFile));
  const cluster = await open({ kind: 'kubeconfig', file, context: undefined });
  const moving = watchConfigMaps(cluster, { namespace: HOME, labelSelector: 'test=moving' });
  await apiserver.admin.apply(one('moving', 'old'));
  await moving.expect({ 'team/moving': 'old' });
  await other.admin.apply(namespace(HOME), one('moving', 'new'), one('moving-2', 'new', 'moving'));
  writeFileSync(file, readFileSync(other.kubeconfigFile));
  await cluster.reload();
  await moving.expect({ 'team/moving': 'new', 'team/moving-2': 'new' });
  await moving.close();
  await cluster.close();
  await other.stop();
  rmSync(dirname(file), { recursive: true });
}, 60_000);

test('a restart of the API server in the middle loses nothing', async () => {
  const restart = watch('restart');
  await apiserver.admin.apply(one('restart', '1'));
  await restart.expect({ 'team/restart': '1' });
  await apiserver.goDown();
  await eventually(() => expect(restart.state().failure?.reason).toBe('unavailable'));
  expect(restart.values()).toEqual({ 'team/restart': '1' });
  await eventually(() => expect(restart.state().lastSyncAge).toBeGreaterThan(2000));
  await apiserver.comeBack();
  await apiserver.admin.apply(one('restart', '2'));
  await restart.expect({ 'team/restart': '2' }, 30_000);
  await eventually(() => expect(restart.state().failure).toBeUndefined());
}, 60_000);
