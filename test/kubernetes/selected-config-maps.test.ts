import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type NamespaceSelection,
  SelectedConfigMaps,
  type SelectedConfigMapsOptions,
} from '../../control/kubernetes/selected-config-maps.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { Broker, clock, PATIENT } from './connect.ts';
import { configMap, grantIn, namespace, type Rule } from './manifests.ts';

const READ_NAMESPACES: Rule = { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] };
const READ: Rule = { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] };

let apiserver: KubeApiserver;
let broker: Broker;
const started: SelectedConfigMaps[] = [];
let told: string[][] = [];

beforeAll(async () => {
  apiserver = await KubeApiserver.start();
  broker = await Broker.connect(apiserver, [READ_NAMESPACES, READ]);
});

afterEach(async () => {
  for (const selected of started.splice(0)) await selected.close();
});

afterAll(async () => {
  await broker?.stop();
  await apiserver?.stop();
});

function select(
  namespaces: NamespaceSelection,
  by = broker,
  options: Partial<SelectedConfigMapsOptions> = {},
): SelectedConfigMaps {
  told = [];
  const selected = new SelectedConfigMaps({
    ...{ api: by.cluster, namespaces, labelSelector: 'policy=yes', clock, times: PATIENT, delay: 50 },
    changed: (snapshot) => told.push([...snapshot].map(([key, { data }]) => `${key}=${data.get('value')}`)),
    ...options,
  });
  started.push(selected);
  return selected;
}

/** Waits until the latest snapshot is this, in this order. */
function expectSnapshot(...entries: string[]): Promise<void> {
  return eventually(() => expect(told.at(-1)).toEqual(entries), 20_000);
}

const label = (value: string): NamespaceSelection => ({ kind: 'labels', selector: `team=${value}` });
const one = (namespace: string, name: string, value: string) => configMap(namespace, name, { value });

test('the labelled ConfigMaps of labelled namespaces, whatever changes', async () => {
  await apiserver.admin.apply(namespace('a-1', { team: 'a' }), namespace('a-2', { team: 'a' }), namespace('a-3'));
  await apiserver.admin.apply(one('a-1', 'x', '1'), one('a-2', 'x', '1'), one('a-3', 'x', '1'));
  await apiserver.admin.apply(configMap('a-1', 'unlabelled', {}, {}));
  const selected = select(label('a'));
  await expectSnapshot('a-1/x=1', 'a-2/x=1');
  expect(selected.state()).toMatchObject({ synced: true, namespaces: { synced: true, failure: undefined } });
  // Nothing is told before everything is in.
  expect(told).toHaveLength(1);

  await apiserver.admin.apply(one('a-1', 'x', '2'), one('a-2', 'y', '1'));
  await expectSnapshot('a-1/x=2', 'a-2/x=1', 'a-2/y=1');

  // A namespace that loses the label takes its ConfigMaps away, and one that gets it brings them.
  await apiserver.admin.apply(namespace('a-1', { team: 'none' }), namespace('a-3', { team: 'a' }));
  await expectSnapshot('a-2/x=1', 'a-2/y=1', 'a-3/x=1');
  expect([...selected.state().configMaps.keys()]).toEqual(['a-2', 'a-3']);

  await apiserver.admin.remove(one('a-2', 'x', ''));
  await expectSnapshot('a-2/y=1', 'a-3/x=1');
  // What changes in a namespace that is selected no more is not told.
  await apiserver.admin.apply(one('a-1', 'x', '3'), one('a-3', 'x', '2'));
  await expectSnapshot('a-2/y=1', 'a-3/x=2');
});

test('no namespace at all is an empty set', async () => {
  const selected = select(label('nobody'));
  await expectSnapshot();
  expect(selected.state()).toMatchObject({ synced: true, configMaps: new Map() });
});

test('changes that come together are told together', async () => {
  await apiserver.admin.apply(namespace('many', { team: 'many' }));
  select(label('many'), broker, { delay: 1000 });
  await expectSnapshot();
  const names = Array.from({ length: 10 }, (_, index) => `x-${index}`);
  await Promise.all(names.map((name) => apiserver.admin.apply(one('many', name, '1'))));
  await expectSnapshot(...names.map((name) => `many/${name}=1`));
  expect(told.length).toBeLessThanOrEqual(3);
});

test('a fixed list of namespaces needs no right outside of them', async () => {
  await apiserver.admin.apply(namespace('b-1'), namespace('b-2'));
  const narrow = await Broker.connect(apiserver);
  for (const home of ['b-1', 'b-2']) await apiserver.admin.apply(...grantIn(home, narrow.account, 'read', READ));
  await apiserver.admin.apply(one('b-2', 'x', '1'));
  const selected = select({ kind: 'names', names: ['b-2', 'b-1'] }, narrow);
  await expectSnapshot('b-2/x=1');
  expect(selected.state()).toMatchObject({ synced: true, namespaces: undefined });
  await selected.close();
  await narrow.stop();
});

test('a namespace that may not be read is reported, and stops no other', async () => {
  await apiserver.admin.apply(namespace('c-1', { team: 'c' }), namespace('c-2', { team: 'c' }));
  await apiserver.admin.apply(one('c-1', 'x', '1'), one('c-2', 'x', '1'));
  const narrow = await Broker.connect(apiserver, [READ_NAMESPACES]);
  await apiserver.admin.apply(...grantIn('c-1', narrow.account, 'read', READ));
  const selected = select(label('c'), narrow);
  await expectSnapshot('c-1/x=1');
  const { synced, configMaps } = selected.state();
  expect(synced).toBe(true);
  expect(configMaps.get('c-1')).toMatchObject({ synced: true, failure: undefined });
  expect(configMaps.get('c-2')).toMatchObject({ synced: false, failure: { reason: 'forbidden' } });
  await apiserver.admin.apply(...grantIn('c-2', narrow.account, 'read', READ));
  await expectSnapshot('c-1/x=1', 'c-2/x=1');
  await selected.close();
  await narrow.stop();
});

test('without the right to list namespaces nothing is told', async () => {
  const narrow = await Broker.connect(apiserver, [READ]);
  let states = 0;
  const selected = select(label('a'), narrow, { stateChanged: () => (states += 1) });
  await eventually(() => expect(selected.state().namespaces?.failure?.reason).toBe('forbidden'));
  await eventually(() => expect(states).toBeGreaterThanOrEqual(2));
  expect(selected.state().synced).toBe(false);
  expect(told).toEqual([]);
  await selected.close();
  await narrow.stop();
});

test('one namespace with too much in it stops no other', async () => {
  await apiserver.admin.apply(namespace('d-1', { team: 'd' }), namespace('d-2', { team: 'd' }));
  for (const name of ['x', 'y', 'z']) await apiserver.admin.apply(one('d-1', name, '1'));
  await apiserver.admin.apply(one('d-2', 'x', '1'));
  const selected = select(label('d'), broker, { limits: { perNamespace: { objects: 2, bytes: 100_000 } } });
  await expectSnapshot('d-2/x=1');
  expect(selected.state().configMaps.get('d-1')).toMatchObject({ failure: { reason: 'tooLarge' } });
  await apiserver.admin.remove(one('d-1', 'y', ''));
  await expectSnapshot('d-1/x=1', 'd-1/z=1', 'd-2/x=1');
});

test('all namespaces together hold no more than they may', async () => {
  const names = Array.from({ length: 5 }, (_, index) => `e-${index}`);
  for (const home of names) await apiserver.admin.apply(namespace(home, { team: 'e' }), one(home, 'x', '1'));
  const selected = select(label('e'), broker, { limits: { total: { objects: 3, bytes: 100_000 } } });
  await eventually(() => expect(told.at(-1)).toHaveLength(3));
  const failed = () =>
    [...selected.state().configMaps.values()].filter(({ failure }) => failure?.reason === 'tooLarge');
  expect(failed()).toHaveLength(2);
  // What one gives back, another may take.
  const [gone = ''] = told.at(-1)?.map((entry) => entry.slice(0, 3)) ?? [];
  await apiserver.admin.apply(namespace(gone, { team: 'none' }));
  await eventually(() => expect(failed()).toHaveLength(1), 20_000);
  await eventually(() => expect(told.at(-1)).toHaveLength(3), 20_000);
});
