import { describe, expect, test } from 'vitest';
import { SimulatedHost } from '../host/simulated-host.ts';
import { encodeTable } from '../host/table.ts';
import { authorizationOf, CREDENTIALS, ROUTE, value, Worker } from '../host/worker.ts';

describe('key inputs that cannot be used', () => {
  test('a header that came twice is refused, and control hears nothing of it', () => {
    const worker = new Worker();
    const stream = worker.request([...CREDENTIALS, ['x-client-id', 'other']]);
    expect(stream.response).toMatchObject({ status: 400, body: 'header sent more than once\n' });
    expect(worker.host.callouts('/v1/decide')).toEqual([]);
  });

  test('a value at its limit passes, one byte more is refused', () => {
    const worker = new Worker();
    expect(worker.request([['x-client-id', 'a'.repeat(256)]]).outcome).toBe('paused');
    expect(worker.request([['x-client-id', 'a'.repeat(257)]]).response?.status).toBe(400);
    expect(worker.metric('denials.status.400')).toBe(1);
  });

  test('an absent header and an empty one are not the same request', () => {
    const worker = new Worker();
    worker.request([['x-client-id', 'a']]);
    worker.request([
      ['x-client-id', 'a'],
      ['x-scope', ''],
    ]);
    expect(worker.host.callouts('/v1/decide')).toHaveLength(2);
  });
});

describe('what the backend sees', () => {
  test('has no second copy of an injected header', () => {
    const worker = new Worker();
    const stream = worker.request([
      ...CREDENTIALS,
      ['x-token', 'forged-1'],
      ['x-token', 'forged-2'],
      ['authorization', 'Basic x'],
    ]);
    worker.allow('t-1', 'max-age=60', [['x-inject-x-token', 'real']]);
    expect(stream.requestHeaders.filter(([name]) => name === 'x-token')).toEqual([['x-token', 'real']]);
    expect(stream.requestHeaders.filter(([name]) => name === 'authorization')).toEqual([
      ['authorization', 'Bearer t-1'],
    ]);
  });

  test('is the same for a hit', () => {
    const worker = new Worker();
    worker.request();
    worker.allow('t-1', 'max-age=60', [['x-inject-x-token', 'real']]);
    const stream = worker.request([...CREDENTIALS, ['x-token', 'forged-1'], ['x-token', 'forged-2']]);
    expect(stream.requestHeaders.filter(([name]) => name === 'x-token')).toEqual([['x-token', 'real']]);
  });
});

describe('routes without a decision', () => {
  const routes = [
    { id: 'open', pathPrefix: '/healthz', kind: 'pass' as const },
    { id: 'closed', pathPrefix: '/admin', kind: 'deny' as const, denyStatus: 403, denyBody: 'policy denied\n' },
  ];

  test('pass untouched and deny without asking control', () => {
    const worker = new Worker({ routes });
    const open = worker.request(CREDENTIALS, { path: '/healthz' });
    expect(open.outcome).toBe('forwarded');
    expect(value(open.requestHeaders, 'x-client-id')).toBe('orders');
    const closed = worker.request(CREDENTIALS, { path: '/admin/users?all' });
    expect(closed.response).toMatchObject({ status: 403, body: 'policy denied\n' });
    expect(worker.host.callouts('/v1/decide')).toEqual([]);
    expect(worker.metric('passes')).toBe(1);
    expect(worker.metric('denials.status.403')).toBe(1);
  });

  test.each([
    ['deny', 'answered'],
    ['pass', 'forwarded'],
  ] as const)('an unmatched request meets %s', (unmatched, outcome) => {
    const worker = new Worker({ routes, unmatched });
    expect(worker.request(CREDENTIALS, { path: '/else' }).outcome).toBe(outcome);
  });
});

test('several plugin configurations in one VM keep apart', () => {
  const host = new SimulatedHost();
  const first = host.configure({ cluster: 'one' });
  const second = host.configure({ cluster: 'two', authority: 'other' });
  const headers = (): [string, string][] => [[':authority', 'a'], [':path', '/'], [':method', 'GET'], ...CREDENTIALS];
  for (const root of [first, second]) {
    host.clock.advance(100);
    host.state.effective = root;
    host.tick(root);
  }
  const fetches = host.callouts('/v1/routes');
  expect(fetches.map(({ cluster }) => cluster).sort()).toEqual(['one', 'two']);
  for (const fetch of fetches) host.answer({ ...fetch }, [[':status', '200']], encodeTable([ROUTE]));
  const a = host.request(first, headers());
  const b = host.request(second, headers());
  expect(host.callouts('/v1/decide').map(({ cluster }) => cluster)).toEqual(['one', 'two']);
  expect([a.outcome, b.outcome]).toEqual(['paused', 'paused']);
});

test('a root context that is configured again with what it has forgets nobody who waits', () => {
  const worker = new Worker();
  const stream = worker.request();
  worker.host.state.effective = worker.root;
  expect(worker.host.exports.proxy_on_configure(worker.root, worker.host.state.configuration.length)).toBe(1);
  worker.allow('t-1');
  expect(authorizationOf(stream)).toBe('Bearer t-1');
});

test('hits leave the heap as it is', () => {
  const worker = new Worker();
  worker.request();
  worker.allow('t-1');
  const bytes = () => worker.host.exports.memory.buffer.byteLength;
  for (let i = 0; i < 1000; i++) worker.host.end(worker.request());
  const before = bytes();
  for (let i = 0; i < 50_000; i++) {
    const stream = worker.request();
    expect(authorizationOf(stream)).toBe('Bearer t-1');
    worker.host.end(stream);
  }
  expect(bytes()).toBe(before);
});

test('misses, refusals and departures keep memory on a plateau', () => {
  const worker = new Worker({ configuration: { workerEntries: 64, cacheSlots: 64 } });
  const round = (i: number) => {
    const leaver = worker.request([['x-client-id', `c-${i}`]]);
    const stays = worker.request([['x-client-id', `c-${i}`]]);
    worker.host.end(leaver);
    if (i % 3 === 0) worker.deny(401, 'no\n', [['token-broker-cache-control', 'max-age=10']]);
    else worker.allow(`t-${'x'.repeat(800)}-${i}`, 'max-age=10, stale-while-revalidate=5');
    worker.host.end(stays);
    if (i % 100 === 0) worker.host.clock.advance(100);
  };
  for (let i = 0; i < 5000; i++) round(i);
  const before = worker.host.exports.memory.buffer.byteLength;
  for (let i = 5000; i < 20_000; i++) round(i);
  expect(worker.host.exports.memory.buffer.byteLength).toBe(before);
});
