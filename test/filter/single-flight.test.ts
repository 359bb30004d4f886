import { describe, expect, test } from 'vitest';
import { authorizationOf, CREDENTIALS, value, Worker } from '../host/worker.ts';

describe('requests for one key while its callout is under way', () => {
  test('share one callout and one answer', () => {
    const worker = new Worker();
    const streams = Array.from({ length: 100 }, () => worker.request());
    expect(worker.host.callouts('/v1/decide')).toHaveLength(1);
    worker.allow('t-1');
    expect(streams.map(authorizationOf)).toEqual(streams.map(() => 'Bearer t-1'));
    expect(worker.metric('misses')).toBe(1);
    expect(worker.metric('coalesced')).toBe(99);
  });

  test('are answered although the first of them has left', () => {
    const worker = new Worker();
    const leader = worker.request();
    const followers = [worker.request(), worker.request(), worker.request()];
    worker.host.end(leader);
    worker.allow('t-1');
    expect(leader.outcome).toBe('paused');
    expect(followers.map((stream) => stream.outcome)).toEqual(['forwarded', 'forwarded', 'forwarded']);
  });

  test('leave without disturbing the others, whichever goes first', () => {
    const worker = new Worker();
    const streams = Array.from({ length: 20 }, () => worker.request());
    const leaving = [0, 19, 7, 8, 3, 18, 17];
    for (const index of leaving) worker.host.end(streams[index] as (typeof streams)[0]);
    expect(worker.metric('waiting_requests')).toBe(13);
    worker.allow('t-1');
    const served = streams.filter((_, index) => !leaving.includes(index));
    expect(served.every((stream) => stream.outcome === 'forwarded')).toBe(true);
    expect(worker.metric('waiting_requests')).toBe(0);
  });

  test('all get the refusal, each with its own copy', () => {
    const worker = new Worker();
    const streams = [worker.request(), worker.request()];
    worker.deny(401, 'token request failed\n', [['www-authenticate', 'Bearer realm="token-broker"']]);
    for (const stream of streams) {
      expect(stream.response?.status).toBe(401);
      expect(stream.response?.body).toBe('token request failed\n');
      expect(value(stream.response?.headers ?? [], 'www-authenticate')).toBe('Bearer realm="token-broker"');
    }
    expect(worker.metric('denials.status.401')).toBe(2);
  });

  test('a callout answers when everyone has left, and its token is kept', () => {
    const worker = new Worker();
    worker.host.end(worker.request());
    worker.allow('t-1');
    expect(worker.request().outcome).toBe('forwarded');
  });
});

describe('the number of requests that wait', () => {
  test('is bounded; those beyond are refused with 503 and retry-after', () => {
    const worker = new Worker({ configuration: { maximumWaiters: 2 } });
    const waiting = [worker.request(), worker.request()];
    const refused = worker.request();
    expect(refused.response?.status).toBe(503);
    expect(value(refused.response?.headers ?? [], 'retry-after')).toBe('1');
    worker.allow('t-1');
    expect(waiting.map((stream) => stream.outcome)).toEqual(['forwarded', 'forwarded']);
    expect(worker.request().outcome).toBe('forwarded');
    expect(worker.metric('waiters_refused')).toBe(1);
  });

  test('counts distinct keys too, and frees the places of those who leave', () => {
    const worker = new Worker({ configuration: { maximumWaiters: 2 } });
    const first = worker.request([['x-client-id', 'a']]);
    worker.request([['x-client-id', 'b']]);
    expect(worker.request([['x-client-id', 'c']]).response?.status).toBe(503);
    worker.host.end(first);
    expect(worker.request([['x-client-id', 'd']]).outcome).toBe('paused');
  });
});

test('a different secret never meets the answer for another', () => {
  const worker = new Worker();
  worker.request();
  const other = worker.request([CREDENTIALS[0] as [string, string], ['x-client-secret', 'wrong']]);
  const [, second] = worker.host.callouts('/v1/decide');
  expect(value(second?.headers ?? [], 'x-broker-key-x-client-secret')).toBe('wrong');
  worker.host.answer(
    second as NonNullable<typeof second>,
    worker.decided(second?.headers ?? [], 401, 'deny'),
    'token request failed\n',
  );
  expect(other.response?.status).toBe(401);
  worker.allow('t-1');
  expect(authorizationOf(worker.request())).toBe('Bearer t-1');
});
