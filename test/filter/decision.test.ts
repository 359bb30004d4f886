import { describe, expect, test } from 'vitest';
import { authorizationOf, CREDENTIALS, ROUTE, referenceOf, value, Worker } from '../host/worker.ts';

describe('a request that no decision is remembered for', () => {
  test('waits, asks control with the route and the key inputs, and goes on with the token', () => {
    const worker = new Worker();
    const stream = worker.request([...CREDENTIALS, ['x-request-id', 'r-1'], ['user-agent', 'curl']]);
    expect(stream.outcome).toBe('paused');

    const { cluster, headers, timeout } = worker.decision();
    expect(cluster).toBe('token-broker');
    expect(timeout).toBe(6000);
    expect(headers).toEqual([
      [':method', 'POST'],
      [':path', '/v1/decide'],
      [':authority', 'token-broker'],
      ['content-length', '0'],
      ['x-broker-route', referenceOf(ROUTE)],
      ['x-broker-key-x-client-id', 'orders'],
      ['x-broker-key-x-client-secret', 'orders-secret'],
      ['x-request-id', 'r-1'],
    ]);

    worker.allow('t-1');
    expect(stream.outcome).toBe('forwarded');
    expect(authorizationOf(stream)).toBe('Bearer t-1');
    expect(value(stream.requestHeaders, 'x-client-id')).toBeUndefined();
    expect(value(stream.requestHeaders, 'x-client-secret')).toBeUndefined();
    expect(value(stream.requestHeaders, 'user-agent')).toBe('curl');
  });

  test('is followed by hits that ask nobody', () => {
    const worker = new Worker();
    worker.request();
    worker.allow('t-1');
    for (let i = 0; i < 3; i++) {
      const stream = worker.request();
      expect(stream.outcome).toBe('forwarded');
      expect(authorizationOf(stream)).toBe('Bearer t-1');
      worker.host.end(stream);
    }
    expect(worker.host.callouts('/v1/decide')).toEqual([]);
    expect(worker.metric('misses')).toBe(1);
    expect(worker.metric('hits.layer.worker')).toBe(3);
  });
});
