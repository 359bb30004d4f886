import { expect, test } from 'vitest';
import type { Failure } from '../../../../control/kubernetes/cluster/api.ts';
import type { Limits } from '../../../../control/kubernetes/watch/allowance.ts';
import { list as listWith } from '../../../../control/kubernetes/watch/list.ts';
import type { Selection } from '../../../../control/kubernetes/watch/selection.ts';
import { answered, failed, listOf, object, ScriptedApi, SERVER } from '../scripted-api.ts';

const LIMITS = { objects: 10, bytes: 10_000 };
const SELECTION: Selection = { resource: 'configmaps', namespace: 'team', labelSelector: 'a=b' };

function list(api: ScriptedApi, selection: Selection, limits: Limits) {
  return listWith(api, selection, limits, new AbortController().signal);
}

function page(version: number, next: string, ...items: object[]): object {
  return { metadata: { resourceVersion: `${version}`, continue: next }, items };
}

test('pages are put together, and each is asked for within what is left', async () => {
  const first = answered(page(7, 'more/x', object('a', 1), object('b', 2)));
  const api = new ScriptedApi().calls(first, answered(page(7, '', object('c', 3))));
  const listed = await list(api, SELECTION, LIMITS);
  if (listed.kind === 'failed') throw new Error(listed.message);
  expect(listed.objects.map(({ object }) => object.key)).toEqual(['team/a', 'team/b', 'team/c']);
  expect(listed).toMatchObject({ version: '7', server: SERVER });
  expect(api.requests.map(({ path, query, maximumBytes }) => `${path}?${query} ${maximumBytes}`)).toEqual([
    '/api/v1/namespaces/team/configmaps?labelSelector=a%3Db&limit=250 10000',
    `/api/v1/namespaces/team/configmaps?labelSelector=a%3Db&limit=250&continue=more%2Fx ${10_000 - first.bytes}`,
  ]);
});

test.each<readonly [Selection, string]>([
  [{ resource: 'namespaces' }, '/api/v1/namespaces?limit=250'],
  [
    { resource: 'namespaces', labelSelector: 'x in (a,b)' },
    '/api/v1/namespaces?labelSelector=x+in+%28a%2Cb%29&limit=250',
  ],
  [
    { resource: 'secrets', namespace: 'shop', name: 'client' },
    '/api/v1/namespaces/shop/secrets?fieldSelector=metadata.name%3Dclient&limit=250',
  ],
  [{ resource: 'configmaps', namespace: '../x' }, '/api/v1/namespaces/..%2Fx/configmaps?limit=250'],
])('%o is asked for as %s', async (selection, url) => {
  const api = new ScriptedApi().calls(answered(listOf(1)));
  await list(api, selection, LIMITS);
  const [request] = api.requests;
  expect(`${request?.path}?${request?.query}`).toBe(url);
});

test('an empty list may be written as null', async () => {
  const api = new ScriptedApi().calls(answered({ metadata: { resourceVersion: '3' }, items: null }));
  expect(await list(api, SELECTION, LIMITS)).toMatchObject({ kind: 'listed', objects: [], version: '3' });
});

test.each<readonly [string, unknown]>([
  ['null', null],
  ['a text', 'list'],
  ['no items', { metadata: { resourceVersion: '1' } }],
  ['no version', { metadata: {}, items: [] }],
  ['an empty version', { metadata: { resourceVersion: '' }, items: [] }],
  ['an item without a name', listOf(1, { metadata: { resourceVersion: '1' } })],
  ['an item that is null', { metadata: { resourceVersion: '1' }, items: [null] }],
])('%s is a bad answer', async (_name, value) => {
  const outcome = await list(new ScriptedApi().calls(answered(value)), SELECTION, LIMITS);
  expect(outcome).toMatchObject({ kind: 'failed', reason: 'badAnswer' });
});

test('a failure of any page is one of the list', async () => {
  const gone: Failure = failed('gone', { status: 410 });
  const api = new ScriptedApi().calls(answered(page(1, 'more', object('a', 1))), gone);
  expect(await list(api, SELECTION, LIMITS)).toBe(gone);
});

test('a list without an end is given up', async () => {
  const api = new ScriptedApi().calls(answered(page(1, 'more', ...['a', 'b', 'c'].map((name) => object(name, 1)))));
  expect(await list(api, SELECTION, LIMITS)).toMatchObject({ kind: 'failed', reason: 'tooLarge' });
  expect(api.requests).toHaveLength(4);
  const empty = new ScriptedApi().calls(answered(page(1, 'more')));
  expect(await list(empty, SELECTION, { ...LIMITS, bytes: 1000 })).toMatchObject({ reason: 'tooLarge' });
});
