import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { authorizationOf, value, Worker } from '../host/worker.ts';

const WINDOWS = 'max-age=60, stale-while-revalidate=20, stale-if-error=30';

function workerWithToken(cacheControl = WINDOWS): Worker {
  const worker = new Worker();
  worker.request();
  worker.allow('t-1', cacheControl);
  return worker;
}

/** The tokens of two requests, which one callout at most may stand behind. */
function serve(worker: Worker): string | undefined {
  const stream = worker.request();
  const again = worker.request();
  expect(again.outcome).toBe(stream.outcome);
  return stream.outcome === 'forwarded' ? authorizationOf(stream) : stream.outcome;
}

describe('within max-age', () => {
  test('the token is served without a callout', () => {
    const worker = workerWithToken();
    worker.pass(59_800);
    expect(serve(worker)).toBe('Bearer t-1');
    expect(worker.host.callouts('/v1/decide')).toEqual([]);
  });

  test('ages count from the moment the callout was sent, not from its answer', () => {
    const worker = new Worker();
    worker.request();
    worker.pass(1500);
    worker.allow('t-1', 'max-age=2');
    worker.pass(600);
    expect(serve(worker)).toBe('paused');
  });
});

describe('within stale-while-revalidate', () => {
  test('the token is served and refreshed behind the request, once', () => {
    const worker = workerWithToken();
    worker.pass(61_000);
    expect(serve(worker)).toBe('Bearer t-1');
    expect(value(worker.decision().headers, 'x-broker-held')).toBe(createHash('sha256').update('t-1').digest('hex'));
    worker.allow('t-2', WINDOWS);
    expect(serve(worker)).toBe('Bearer t-2');
    expect(worker.metric('refreshes')).toBe(1);
    expect(worker.metric('stale_served.reason.revalidate')).toBe(2);
  });

  test('a failed refresh is not repeated at once', () => {
    const worker = workerWithToken();
    worker.pass(61_000);
    expect(serve(worker)).toBe('Bearer t-1');
    worker.host.answer(worker.decision(), undefined);
    expect(serve(worker)).toBe('Bearer t-1');
    expect(worker.host.callouts('/v1/decide')).toEqual([]);
    worker.pass(1100);
    expect(serve(worker)).toBe('Bearer t-1');
    expect(worker.host.callouts('/v1/decide')).toHaveLength(1);
  });

  test('a refusal of the credential ends the token', () => {
    const worker = workerWithToken();
    worker.pass(61_000);
    expect(serve(worker)).toBe('Bearer t-1');
    worker.deny(401, 'token request failed\n');
    expect(serve(worker)).toBe('paused');
  });
});

describe('within stale-if-error', () => {
  test('the request waits for control, and gets the token when control fails', () => {
    const worker = workerWithToken();
    worker.pass(85_000);
    const stream = worker.request();
    expect(stream.outcome).toBe('paused');
    worker.host.answer(worker.decision(), [[':status', '503']]);
    expect(authorizationOf(stream)).toBe('Bearer t-1');
    expect(worker.metric('stale_served.reason.error')).toBe(1);
    expect(worker.metric('callout_failures.cause.unavailable')).toBe(1);
  });

  test('a refusal of 500 or more counts as an error, and control is then left in peace for a while', () => {
    const worker = workerWithToken();
    worker.pass(85_000);
    const stream = worker.request();
    worker.deny(503, 'oauth provider unavailable\n', [['retry-after', '1']]);
    expect(authorizationOf(stream)).toBe('Bearer t-1');
    expect(serve(worker)).toBe('Bearer t-1');
    expect(worker.host.callouts('/v1/decide')).toEqual([]);
  });

  test('a cluster without endpoints is an error at once', () => {
    const worker = workerWithToken();
    worker.pass(85_000);
    worker.host.state.calloutResult = 10;
    expect(serve(worker)).toBe('Bearer t-1');
    expect(worker.metric('callout_failures.cause.cluster')).toBe(1);
  });
});

describe('past every window', () => {
  test('no token is served, also when control fails', () => {
    const worker = workerWithToken();
    worker.pass(90_100);
    const stream = worker.request();
    worker.host.answer(worker.decision(), undefined);
    expect(stream.response?.status).toBe(503);
    expect(authorizationOf(stream)).toBeUndefined();
  });

  test('no token is served when it expires while control is asked', () => {
    const worker = workerWithToken();
    worker.pass(89_000);
    const stream = worker.request();
    worker.pass(1500);
    worker.host.answer(worker.decision(), undefined);
    expect(stream.response?.status).toBe(503);
  });
});

describe('clocks', () => {
  test('a wall clock that steps back does not keep a token alive', () => {
    const worker = workerWithToken();
    worker.host.clock.wall -= 3_600_000;
    worker.pass(90_100);
    expect(serve(worker)).toBe('paused');
  });

  test('a wall clock that steps forward ends it', () => {
    const worker = workerWithToken();
    worker.host.clock.wall += 3_600_000;
    worker.pass(100);
    expect(serve(worker)).toBe('paused');
  });
});

describe('an answer that may not be kept', () => {
  test.each(['', 'stale-if-error=5', 'no-cache'])('%j serves those who wait and nobody else', (cacheControl) => {
    const worker = new Worker();
    const stream = worker.request();
    worker.allow('t-1', cacheControl);
    expect(authorizationOf(stream)).toBe('Bearer t-1');
    expect(serve(worker)).toBe('paused');
  });

  test('also ends what was kept before', () => {
    const worker = workerWithToken();
    worker.pass(61_000);
    expect(serve(worker)).toBe('Bearer t-1');
    worker.allow('t-2', '');
    expect(serve(worker)).toBe('paused');
  });
});

describe('a remembered refusal', () => {
  test('answers until its max-age, then control is asked again', () => {
    const worker = new Worker();
    worker.request();
    worker.deny(401, 'token request failed\n', [['token-broker-cache-control', 'max-age=10']]);
    worker.pass(9000);
    const stream = worker.request();
    expect([stream.response?.status, stream.response?.body]).toEqual([401, 'token request failed\n']);
    worker.pass(1100);
    expect(serve(worker)).toBe('paused');
  });

  test('has no stale windows', () => {
    const worker = new Worker();
    worker.request();
    worker.deny(403, 'policy denied\n', [['token-broker-cache-control', 'max-age=1, stale-if-error=600']]);
    worker.pass(1100);
    const stream = worker.request();
    worker.host.answer(worker.decision(), undefined);
    expect(stream.response?.status).toBe(503);
  });
});
