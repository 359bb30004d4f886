import { afterEach, expect, test } from 'vitest';
import type { ClusterConfiguration } from '../../../control/config/cluster.ts';
import { FollowedSecrets } from '../../../control/kubernetes/followed-secrets.ts';
import { WatchedSecrets } from '../../../control/kubernetes/watched-secrets.ts';
import { answered, failed, listOf, object, ScriptedApi } from './scripted-api.ts';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const times = { resync: 600_000, request: 300_000, pauses: { first: 20, maximum: 20 } };
const cluster: ClusterConfiguration = {
  name: 'home',
  access: { kind: 'kubeconfig', file: '/kubeconfig', context: undefined },
  timeout: 1000,
};
const address = { cluster, namespace: 'team', name: 'client' };
const base64 = (text: string) => Buffer.from(text).toString('base64');
const listing = answered(listOf(1, object('client', 1, { id: base64('app\n') })));

let secrets: FollowedSecrets;
afterEach(() => secrets.close());

function follow(api: ScriptedApi, patience = 5000): FollowedSecrets {
  secrets = new FollowedSecrets({
    watch: () => new WatchedSecrets({ api, clock, times, delay: 5, changed: () => {} }),
    ...{ patience, clock },
  });
  return secrets;
}

const reading = (name = 'client') => {
  const values = secrets.read({ ...address, name });
  return typeof values === 'string' ? values : values.get('id')?.reveal();
};

test('what reads a Secret that nobody knows yet is done again once it is known', async () => {
  follow(new ScriptedApi().calls(listing));
  const readings: unknown[] = [];
  const last = await secrets.attempt(() => {
    readings.push(reading());
    return readings.at(-1);
  });
  expect(readings).toEqual(['cannot be read: the API server has not answered yet', 'app']);
  expect(last).toBe('app');
});

test('so it is when the attempt fails, by whatever it needed the Secret for', async () => {
  follow(new ScriptedApi().calls(listing));
  const attempt = secrets.attempt(() => {
    const value = reading();
    if (value !== 'app') throw new Error(value);
    return value;
  });
  await expect(attempt).resolves.toBe('app');
});

test('one that cannot be known is waited for only so long, and then the attempt ends as it did', async () => {
  follow(new ScriptedApi().calls(failed('unavailable')), 200);
  const attempt = secrets.attempt(() => {
    throw new Error(reading());
  });
  await expect(attempt).rejects.toThrow('cannot be read: planted unavailable');
});

test.each([
  ['is absent', answered(listOf(1)), 'is not there; make it, or name another'],
  ['may not be read', failed('forbidden'), 'cannot be read: planted forbidden'],
])('one that %s is waited for no longer', async (_case, answer, problem) => {
  follow(new ScriptedApi().calls(answer), 60_000);
  await expect(secrets.attempt(() => reading())).resolves.toBe(problem);
});

test('only what the configuration in force names goes on being watched', async () => {
  const api = new ScriptedApi().calls(listing);
  follow(api);
  await secrets.attempt(() => [reading(), reading('other')]);
  secrets.commit();
  expect(secrets.states().map(([name]) => name)).toEqual([
    'secret team/client of cluster home',
    'secret team/other of cluster home',
  ]);
  secrets.begin();
  reading();
  secrets.abandon();
  expect(secrets.states()).toHaveLength(2);
  secrets.begin();
  reading();
  secrets.commit();
  expect(secrets.states().map(([name]) => name)).toEqual(['secret team/client of cluster home']);
  secrets.begin();
  secrets.commit();
  expect(secrets.states()).toEqual([]);
});

test('outside a pod a Secret without a namespace is in none', () => {
  follow(new ScriptedApi().calls(listing));
  expect(secrets.read({ cluster, namespace: undefined, name: 'client' })).toBe(
    'is in no namespace that was named; add namespace',
  );
});
