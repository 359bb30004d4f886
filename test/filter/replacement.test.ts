import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SimulatedClock, type SimulatedStream } from '../host/simulated-host.ts';
import { authorizationOf, value, Worker } from '../host/worker.ts';

const digest = (token: string) => createHash('sha256').update(token).digest('hex');

function forwarded(worker: Worker): SimulatedStream {
  const stream = worker.request();
  expect(stream.outcome).toBe('forwarded');
  return stream;
}

function workerWithToken(options: ConstructorParameters<typeof Worker>[0] = {}): Worker {
  const worker = new Worker(options);
  worker.request();
  worker.allow('t-1');
  return worker;
}

describe('a 401 of the backend to an injected token', () => {
  test('makes the next request ask for another token and wait for it', () => {
    const worker = workerWithToken();
    const refused = forwarded(worker);
    worker.host.respond(refused, 401);
    const next = worker.request();
    expect(next.outcome).toBe('paused');
    expect(value(worker.decision().headers, 'x-broker-rejected')).toBe(digest('t-1'));
    worker.allow('t-2');
    expect(authorizationOf(next)).toBe('Bearer t-2');
    expect(authorizationOf(forwarded(worker))).toBe('Bearer t-2');
    expect(worker.metric('replacements')).toBe(1);
  });

  test('happens at most once per interval, so that a backend that always says 401 costs little', () => {
    const worker = workerWithToken({ configuration: { replacementIntervalMilliseconds: 5000 } });
    worker.host.respond(forwarded(worker), 401);
    worker.request();
    worker.allow('t-2');
    worker.host.respond(forwarded(worker), 401);
    expect(authorizationOf(forwarded(worker))).toBe('Bearer t-2');
    expect(worker.metric('replacements_suppressed')).toBe(1);
    worker.pass(5100);
    worker.host.respond(forwarded(worker), 401);
    expect(worker.request().outcome).toBe('paused');
  });

  test('is of no account when the token was replaced meanwhile', () => {
    const worker = workerWithToken();
    const slow = forwarded(worker);
    worker.host.respond(forwarded(worker), 401);
    worker.request();
    worker.allow('t-2');
    worker.pass(6000);
    worker.host.respond(slow, 401);
    expect(authorizationOf(forwarded(worker))).toBe('Bearer t-2');
  });

  test('leaves the token in service when control cannot give another', () => {
    const worker = workerWithToken();
    worker.host.respond(forwarded(worker), 401);
    const next = worker.request();
    worker.host.answer(worker.decision(), undefined);
    expect(authorizationOf(next)).toBe('Bearer t-1');
    expect(authorizationOf(forwarded(worker))).toBe('Bearer t-1');
  });

  test('ends the token when control refuses the credentials', () => {
    const worker = workerWithToken();
    worker.host.respond(forwarded(worker), 401);
    const next = worker.request();
    worker.deny(401, 'token request failed\n', [['token-broker-cache-control', 'max-age=10']]);
    expect(next.response?.status).toBe(401);
    expect(worker.request().response?.status).toBe(401);
  });

  test('reaches every worker', () => {
    const clock = new SimulatedClock();
    const shared = new Map<string, Buffer>();
    const first = workerWithToken({ clock, shared });
    const second = new Worker({ clock, shared });
    expect(authorizationOf(forwarded(second))).toBe('Bearer t-1');
    first.host.respond(forwarded(first), 401);
    second.pass(1100);
    expect(second.request().outcome).toBe('paused');
    expect(value(second.decision().headers, 'x-broker-rejected')).toBe(digest('t-1'));
    second.allow('t-2');
    first.pass(1100);
    expect(authorizationOf(forwarded(first))).toBe('Bearer t-2');
    expect(first.host.callouts('/v1/decide')).toEqual([]);
  });

  test('gives every worker the replacement, also one that asked at the same time and got no answer', () => {
    const clock = new SimulatedClock();
    const shared = new Map<string, Buffer>();
    const first = workerWithToken({ clock, shared });
    const second = new Worker({ clock, shared });
    forwarded(second);
    first.host.respond(forwarded(first), 401);
    second.pass(1100);
    first.request();
    second.pass(10);
    second.request();
    second.host.answer(second.decision(), undefined);
    expect(authorizationOf(forwarded(second))).toBe('Bearer t-1');
    first.allow('t-2');
    second.pass(1100);
    expect(authorizationOf(forwarded(second))).toBe('Bearer t-2');
  });
});

describe('no replacement follows', () => {
  test.each([
    ['a 401 that Envoy made itself', 401, 'ext_authz_denied'],
    ['another status of the backend', 403, 'via_upstream'],
    ['a success', 200, 'via_upstream'],
  ])('%s', (_name, status, details) => {
    const worker = workerWithToken();
    worker.host.respond(forwarded(worker), status, details);
    expect(forwarded(worker).outcome).toBe('forwarded');
  });

  test('when the setting is off', () => {
    const worker = workerWithToken({ configuration: { replaceOnUnauthorized: false } });
    worker.host.respond(forwarded(worker), 401);
    forwarded(worker);
  });

  test('when control named no token', () => {
    const worker = new Worker();
    worker.request();
    const callout = worker.decision();
    worker.host.answer(callout, [
      ...worker.decided(callout.headers, 200, 'allow'),
      ['x-inject-authorization', 'Bearer t-1'],
      ['token-broker-cache-control', 'max-age=60'],
    ]);
    worker.host.respond(forwarded(worker), 401);
    forwarded(worker);
  });

  test('in the build without a response callback', () => {
    const worker = workerWithToken({ file: 'build/filter-request-only.wasm' });
    expect(worker.host.exports.proxy_on_response_headers).toBeUndefined();
    worker.host.respond(forwarded(worker), 401);
    forwarded(worker);
  });
});
