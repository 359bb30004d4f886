import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { ApiRequest, FailureReason } from '../../../../control/kubernetes/cluster/api.ts';
import type { Cluster } from '../../../../control/kubernetes/cluster/cluster.ts';
import { PlantedSecrets } from '../../../support/planted-secrets.ts';
import { type ApiStub, answer, type Respond, startApiStub, TOKEN } from './api-stub.ts';

const GET: ApiRequest = { method: 'GET', path: '/api/v1/namespaces' };
vi.setConfig({ testTimeout: 20_000 });
const planted = new PlantedSecrets();
planted.plant('the token', TOKEN);

let stub: ApiStub;
let cluster: Cluster;

beforeAll(async () => {
  stub = await startApiStub();
  cluster = await stub.connect();
});

afterEach(() => void stub.requests.splice(0));

afterAll(async () => {
  await cluster?.close();
  await stub?.stop();
});

test('a request goes below the path of the URL, with the token, as JSON', async () => {
  let received: unknown;
  stub.respondWith(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { authorization, accept, 'content-type': contentType } = request.headers;
    received = { authorization, accept, contentType, body: Buffer.concat(chunks).toString() };
    response.writeHead(201).end('{"a":"ü"}');
  });
  const query = new URLSearchParams({ labelSelector: 'a in (b,c)' });
  const outcome = await cluster.call({ method: 'POST', path: '/api/v1/x', query, body: { b: 1 } });
  expect(outcome).toMatchObject({ kind: 'answered', value: { a: 'ü' }, bytes: 10 });
  expect(stub.requests).toEqual(['POST /prefix/api/v1/x?labelSelector=a+in+%28b%2Cc%29']);
  const json = 'application/json';
  expect(received).toEqual({ authorization: `Bearer ${TOKEN}`, accept: json, contentType: json, body: '{"b":1}' });
});

const status = (code: number) => ({ code, message: 'what\nKubernetes says' });
const hang: Respond = () => {};
const drip: Respond = (_request, response) => response.writeHead(200).write('{');
const reset: Respond = (request) => request.socket.destroy();

test.each<readonly [string, Respond, FailureReason, string]>([
  ['401', answer(401, status(401)), 'unauthorized', 'the API server answered 401: what Kubernetes says'],
  ['403', answer(403, status(403)), 'forbidden', 'the API server answered 403: what Kubernetes says'],
  ['404 of Kubernetes', answer(404, status(404)), 'notFound', 'the API server answered 404: what Kubernetes says'],
  ['404 of a proxy', answer(404, '<h1>Not found</h1>'), 'badAnswer', 'the API server answered 404'],
  ['410', answer(410, status(410)), 'gone', 'the API server answered 410: what Kubernetes says'],
  ['422', answer(422, status(422)), 'unprocessable', 'the API server answered 422: what Kubernetes says'],
  ['409', answer(409, status(409)), 'conflict', 'the API server answered 409: what Kubernetes says'],
  ['429', answer(429, status(429)), 'unavailable', 'the API server answered 429: what Kubernetes says'],
  ['500', answer(500, 'etcd'), 'unavailable', 'the API server answered 500'],
  ['a redirect', answer(307, '', { location: '/elsewhere' }), 'badAnswer', 'the API server answered 307'],
  ['204', answer(204, ''), 'badAnswer', 'the API server answered 204'],
  ['a page', answer(200, `<h1>${TOKEN}</h1>`), 'badAnswer', 'the answer is not JSON'],
  ['nothing', answer(200, ''), 'badAnswer', 'the answer is not JSON'],
  ['too much', answer(200, `"${'x'.repeat(1000)}"`), 'tooLarge', 'the answer has more than 500 bytes'],
  [
    'too much, compressed',
    (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(`"${'x'.repeat(100_000)}"`)),
    'tooLarge',
    'the answer has more than 500 bytes',
  ],
  ['a refusal that never ends', answer(403, 'x'.repeat(100_000)), 'forbidden', 'the API server answered 403'],
  ['silence', hang, 'timeout', 'no whole answer within 300 ms'],
  ['an answer that never ends', drip, 'timeout', 'no whole answer within 300 ms'],
  ['a closed connection', reset, 'unavailable', 'no answer: UND_ERR_SOCKET'],
])('%s is told apart', async (_name, respond, reason, message) => {
  stub.respondWith(respond);
  // Only who waits for nothing should have to.
  const asking = await stub.connect({ timeout: reason === 'timeout' ? 300 : 10_000 });
  const outcome = await asking.call({ ...GET, maximumBytes: 500 });
  await asking.close();
  expect(outcome).toMatchObject({ kind: 'failed', reason, message });
  expect(stub.requests).toHaveLength(1);
  expect(planted.findIn({ outcome: inspect(outcome), cluster: inspect(cluster, { depth: 20 }) })).toEqual([]);
});

test('of an answer to a request that holds a secret nothing is quoted', async () => {
  stub.respondWith(answer(422, { message: `"planted" is no ${TOKEN}` }));
  const outcome = await cluster.call({ ...GET, confidential: true });
  expect(outcome).toMatchObject({ reason: 'unprocessable', message: 'the API server answered 422' });
});

test('what a server says is cut short', async () => {
  stub.respondWith(answer(403, { message: 'long '.repeat(1000) }));
  const outcome = await cluster.call(GET);
  expect(outcome.kind === 'failed' && outcome.message.length).toBe(303);
});

test.each([
  ['7', 7000],
  ['0', undefined],
  ['-1', undefined],
  ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
])('retry-after: %s is %s ms', async (header, retryAfter) => {
  stub.respondWith(answer(503, '', { 'retry-after': header }));
  const outcome = await cluster.call(GET);
  expect(outcome.kind === 'failed' && outcome.retryAfter).toBe(retryAfter);
});

test('a closed port is unavailable', async () => {
  const away = await startApiStub();
  const nobody = await away.connect();
  await away.stop();
  expect(await nobody.call(GET)).toMatchObject({ reason: 'unavailable', message: 'no answer: ECONNREFUSED' });
  await nobody.close();
});

test('a watch that begins is not bound by the timeout, one that does not is', async () => {
  const hasty = await stub.connect({ timeout: 1000 });
  stub.respondWith((_request, response) => {
    response.writeHead(200).write('first');
    setTimeout(() => response.end('second'), 1500);
  });
  const opened = await hasty.open({ ...GET, signal: new AbortController().signal });
  let text = '';
  if (opened.kind === 'opened') for await (const part of opened.body) text += Buffer.from(part).toString();
  expect(text).toBe('firstsecond');
  stub.respondWith(hang);
  expect(await hasty.open({ ...GET, signal: new AbortController().signal })).toMatchObject({ reason: 'timeout' });
  stub.respondWith(answer(410, status(410)));
  expect(await hasty.open({ ...GET, signal: new AbortController().signal })).toMatchObject({ reason: 'gone' });
  await hasty.close();
});

test('closing breaks watches off, and lets calls end', async () => {
  const closing = await stub.connect();
  stub.respondWith(drip);
  const opened = await closing.open({ ...GET, signal: new AbortController().signal });
  stub.respondWith((_request, response) => void setTimeout(() => response.end('{}'), 200));
  const call = closing.call(GET);
  await expect.poll(() => stub.requests.length, { timeout: 10_000 }).toBe(2);
  const closed = closing.close();
  const read = async () => {
    if (opened.kind === 'opened') for await (const _ of opened.body);
  };
  await expect(read()).rejects.toThrow();
  expect(await call).toMatchObject({ kind: 'answered' });
  await closed;
});

test('refused requests cause one look at the files in a second, however many they are', async () => {
  let now = 0;
  let looks = 0;
  const watched = await stub.connect({
    clock: { now: () => now, monotonic: () => now },
    readFile: (path) => {
      if (path === stub.tokenFile) looks += 1;
      return readFile(path);
    },
  });
  const callOften = async () => {
    for (let call = 0; call < 5; call += 1) await watched.call(GET);
  };
  stub.respondWith(answer(401));
  await callOften();
  expect(looks).toBe(1);
  now += 1000;
  await callOften();
  await watched.close();
  expect(looks).toBe(2);
});
