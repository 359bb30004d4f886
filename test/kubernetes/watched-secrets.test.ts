import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type SecretState, WatchedSecrets } from '../../control/kubernetes/watched-secrets.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { PlantedSecrets } from '../support/planted-secrets.ts';
import { Broker, clock, PATIENT } from './connect.ts';
import { grantIn, namespace, type Rule, secret } from './manifests.ts';

/** As narrow as it can be: these Secrets, by name. */
const readOnly = (...resourceNames: string[]): Rule => {
  return { apiGroups: [''], resources: ['secrets'], verbs: ['list', 'watch'], resourceNames };
};
const client = { namespace: 'shop', name: 'client' };

let apiserver: KubeApiserver;
let broker: Broker;
let secrets: WatchedSecrets;
let changes = 0;

beforeAll(async () => {
  apiserver = await KubeApiserver.start();
  broker = await Broker.connect(apiserver);
  await apiserver.admin.apply(namespace('shop'));
  await apiserver.admin.apply(...grantIn('shop', broker.account, 'one-secret', readOnly('client', 'missing')));
});

afterEach(async () => {
  await secrets.close();
  changes = 0;
});

afterAll(async () => {
  await broker?.stop();
  await apiserver?.stop();
});

function follow(...names: { namespace: string; name: string }[]): void {
  secrets = new WatchedSecrets({
    ...{ api: broker.cluster, clock, times: PATIENT, delay: 20, maximum: 3 },
    changed: () => {
      changes += 1;
    },
  });
  secrets.follow(names);
}

/** What is in clear text in a Secret. */
function reveal(state: SecretState): Record<string, string> | string {
  if (state.kind !== 'present') return state.kind;
  return Object.fromEntries([...state.values].map(([key, value]) => [key, value.reveal()]));
}

test('a right to one Secret by its name is enough to follow it, and nothing else', async () => {
  await apiserver.admin.apply(
    secret('shop', 'client', { secret: 'first\n' }),
    secret('shop', 'other', { secret: 'no' }),
  );
  follow(client, { namespace: 'shop', name: 'other' });
  expect(secrets.find(client)).toEqual({ kind: 'unknown', failure: undefined });
  await eventually(() => expect(reveal(secrets.find(client))).toEqual({ secret: 'first' }));
  await eventually(() =>
    expect(secrets.find({ namespace: 'shop', name: 'other' })).toMatchObject({
      kind: 'unknown',
      failure: { reason: 'forbidden' },
    }),
  );
  expect(secrets.settled).toBe(true);

  const before = changes;
  await apiserver.admin.apply(secret('shop', 'client', { secret: 'second', more: 'x' }));
  await eventually(() => expect(reveal(secrets.find(client))).toEqual({ secret: 'second', more: 'x' }));
  await eventually(() => expect(changes).toBeGreaterThan(before));
  await apiserver.admin.remove(secret('shop', 'client'));
  await eventually(() => expect(secrets.find(client)).toEqual({ kind: 'absent' }));
  await apiserver.admin.apply(secret('shop', 'client', { secret: 'third' }));
  await eventually(() => expect(reveal(secrets.find(client))).toEqual({ secret: 'third' }));
});

test('a Secret that is not there yet is absent, and no reason to wait', async () => {
  const missing = { namespace: 'shop', name: 'missing' };
  follow(missing);
  await eventually(() => expect(secrets.find(missing)).toEqual({ kind: 'absent' }));
  expect(secrets.settled).toBe(true);
  // Whoever is told of a change, and follows the same again, is not told of that.
  await setTimeout(500);
  const before = changes;
  secrets.follow([missing]);
  await setTimeout(500);
  expect(changes).toBe(before);
  expect(before).toBeGreaterThan(0);
});

test('what is followed no more is forgotten', async () => {
  await apiserver.admin.apply(secret('shop', 'client', { secret: 'value' }));
  follow(client);
  await eventually(() => expect(secrets.find(client).kind).toBe('present'));
  secrets.follow([]);
  expect(secrets.find(client)).toMatchObject({ kind: 'unknown', failure: { reason: 'tooLarge' } });
  expect(secrets.states().size).toBe(0);
  secrets.follow([client]);
  await eventually(() => expect(secrets.find(client).kind).toBe('present'));
});

test('a name that would select something else is never asked for, and no more than the maximum are', async () => {
  follow({ namespace: 'shop', name: 'client,metadata.namespace!=shop' }, { namespace: '..', name: 'client' });
  expect(secrets.states().size).toBe(0);
  expect(secrets.find({ namespace: '..', name: 'client' })).toMatchObject({ failure: { reason: 'unprocessable' } });
  secrets.follow(['a', 'b', 'c', 'd'].map((name) => ({ namespace: 'shop', name })));
  expect([...secrets.states().keys()]).toEqual(['shop/a', 'shop/b', 'shop/c']);
  expect(secrets.find({ namespace: 'shop', name: 'd' })).toMatchObject({ failure: { reason: 'tooLarge' } });
});

test('a value shows nowhere', async () => {
  const planted = new PlantedSecrets();
  await apiserver.admin.apply(secret('shop', 'client', { secret: planted.plant('the value', 'planted-value') }));
  follow(client);
  await eventually(() => expect(reveal(secrets.find(client))).toEqual({ secret: 'planted-value' }));
  const state = secrets.find(client);
  const values = state.kind === 'present' ? [...state.values] : [];
  expect(
    planted.findIn({
      inspect: inspect([secrets, state], { depth: 20, showHidden: true }),
      json: JSON.stringify([state, values, [...secrets.states()]]),
    }),
  ).toEqual([]);
});
