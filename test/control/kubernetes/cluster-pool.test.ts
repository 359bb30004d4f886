import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ClusterConfiguration } from '../../../control/config/cluster.ts';
import { ClusterPool } from '../../../control/kubernetes/cluster-pool.ts';
import { type ApiStub, answer, startApiStub } from './cluster/api-stub.ts';

let stub: ApiStub;
let pool: ClusterPool;

beforeAll(async () => {
  stub = await startApiStub();
  stub.respondWith(answer(200, { code: 200 }));
});

afterEach(() => pool.close());
afterAll(() => stub?.stop());

const start = () => {
  pool = new ClusterPool({ clock: { now: () => Date.now(), monotonic: () => performance.now() } });
  return pool;
};
const cluster = (name: string, { url = stub.url, tokenFile = stub.tokenFile } = {}): ClusterConfiguration => ({
  name,
  access: { kind: 'url', url, caFile: stub.caFile, tokenFile },
  timeout: 1000,
});
const request = { method: 'GET', path: '/api' } as const;

test('each cluster is reached in its own way, by one connection as long as the configuration stays', async () => {
  const clusters = start();
  await clusters.get(cluster('one')).call(request);
  await clusters.get(cluster('other', { url: new URL('/other', stub.url) })).call(request);
  expect(stub.requests).toEqual(['GET /prefix/api', 'GET /other/api']);
  expect(clusters.get(cluster('one'))).toBe(clusters.get(cluster('one')));
});

test('a cluster that is no longer in the configuration answers nobody any more, and the others go on', async () => {
  const clusters = start();
  const [one, other] = [clusters.get(cluster('one')), clusters.get(cluster('other'))];
  await one.call(request);
  await clusters.keep([cluster('other')]);
  expect(await one.call(request)).toMatchObject({ kind: 'failed', reason: 'unavailable' });
  expect(await other.call(request)).toMatchObject({ kind: 'answered' });
});

test('one whose files are not there fails by name of the file, and works once they are', async () => {
  const tokenFile = `${stub.tokenFile}-late`;
  const late = start().get(cluster('late', { tokenFile }));
  expect(await late.call(request)).toMatchObject({
    ...{ kind: 'failed', reason: 'unavailable' },
    message: `${tokenFile} cannot be read (ENOENT)`,
  });
  writeFileSync(tokenFile, 'planted-bearer-token');
  expect(await late.call(request)).toMatchObject({ kind: 'answered' });
  rmSync(tokenFile);
});
