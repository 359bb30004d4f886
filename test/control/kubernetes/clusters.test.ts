import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClusters } from '../../../control/kubernetes/clusters.ts';
import { type ApiStub, answer, startApiStub } from './cluster/api-stub.ts';

const options = { clock: { now: () => Date.now(), monotonic: () => performance.now() } };

let stub: ApiStub;

beforeAll(async () => {
  stub = await startApiStub();
});

afterAll(() => stub?.stop());

test('each cluster is reached in its own way', async () => {
  stub.respondWith(answer(200, { code: 200 }));
  const { url, caFile, tokenFile } = stub;
  const clusters = await openClusters(
    [
      { name: 'one', access: { kind: 'url', url, caFile, tokenFile }, timeout: 10_000 },
      { name: 'other', access: { kind: 'url', url: new URL('/other', url), caFile, tokenFile }, timeout: 10_000 },
    ],
    options,
  );
  for (const name of ['one', 'other']) await clusters.get(name).call({ method: 'GET', path: '/api' });
  expect(stub.requests).toEqual(['GET /prefix/api', 'GET /other/api']);
  expect(() => clusters.get('third')).toThrow('there is no cluster third');
  await clusters.close();
});

test('one that cannot be reached is named, before anything is asked', async () => {
  const access = { kind: 'url', url: stub.url, caFile: stub.caFile, tokenFile: '/nowhere' } as const;
  const good = { ...access, tokenFile: stub.tokenFile };
  const opening = openClusters(
    [
      { name: 'good', access: good, timeout: 10_000 },
      { name: 'bad', access, timeout: 10_000 },
    ],
    options,
  );
  await expect(opening).rejects.toThrow('cluster bad: /nowhere cannot be read (ENOENT)');
});
