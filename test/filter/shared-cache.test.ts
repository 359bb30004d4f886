import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SimulatedClock } from '../host/simulated-host.ts';
import { CACHE_KEY } from '../host/table.ts';
import { authorizationOf, CREDENTIALS, Worker } from '../host/worker.ts';

function twoWorkers(options: ConstructorParameters<typeof Worker>[0] = {}): [Worker, Worker] {
  const both = { clock: new SimulatedClock(), shared: new Map<string, Buffer>(), ...options };
  return [new Worker(both), new Worker(both)];
}

describe('what one worker learned', () => {
  test('serves the others', () => {
    const [first, second] = twoWorkers();
    first.request();
    first.allow('t-1');
    expect(authorizationOf(second.request())).toBe('Bearer t-1');
    expect(second.metric('hits.layer.shared')).toBe(1);
    expect(authorizationOf(second.request())).toBe('Bearer t-1');
    expect(second.metric('hits.layer.worker')).toBe(1);
  });

  test('is not refreshed twice: a worker looks there before it asks', () => {
    const [first, second] = twoWorkers();
    first.request();
    first.allow('t-1');
    second.request();
    first.pass(61_000);
    second.host.tick(second.root);
    first.request();
    first.allow('t-2');
    expect(authorizationOf(second.request())).toBe('Bearer t-2');
    expect(second.host.callouts('/v1/decide')).toEqual([]);
  });

  test('stays private where the VM has no id, unless the operator shares it', () => {
    const [first, second] = twoWorkers({ vmId: '' });
    first.request();
    first.allow('t-1');
    expect(first.host.state.shared.size).toBe(0);
    expect(second.request().outcome).toBe('paused');

    const [third, fourth] = twoWorkers({ vmId: '', configuration: { sharedCache: true } });
    third.request();
    third.allow('t-1');
    expect(authorizationOf(fourth.request())).toBe('Bearer t-1');
  });

  test('is nothing to a worker whose table has another key', () => {
    const clock = new SimulatedClock();
    const shared = new Map<string, Buffer>();
    const first = new Worker({ clock, shared });
    const second = new Worker({ clock, shared, cacheKey: Buffer.alloc(32, 8) });
    first.request();
    first.allow('t-1');
    expect(second.request().outcome).toBe('paused');
  });
});

describe('entries that others wrote or changed', () => {
  test('are not believed, whichever byte was changed', () => {
    const [first, second] = twoWorkers();
    first.request();
    first.allow('t-1');
    const [[name, entry]] = [...first.host.state.shared] as [[string, Buffer]];
    for (let at = 0; at < entry.length; at++) {
      const forged = Buffer.from(entry);
      forged[at] = (forged[at] ?? 0) ^ 1;
      second.host.state.shared.set(name, forged);
      const stream = second.request();
      expect(stream.outcome, `byte ${at}`).toBe('paused');
      second.host.end(stream);
    }
  });

  test.each([0, 1, 31, 32, 64, 207, 208])('are not believed when only %i bytes are left', (length) => {
    const [first, second] = twoWorkers();
    first.request();
    first.allow('t-1');
    const [[name, entry]] = [...first.host.state.shared] as [[string, Buffer]];
    second.host.state.shared.set(name, entry.subarray(0, length));
    expect(second.request().outcome).toBe('paused');
  });

  test('carry an HMAC-SHA-256 under the cache key, so an entry that node:crypto seals is believed', () => {
    const [first, second] = twoWorkers();
    first.request();
    first.allow('t-1');
    const [[name, entry]] = [...first.host.state.shared] as [[string, Buffer]];
    const sealed = Buffer.from(entry.toString('latin1').replace('Bearer t-1', 'Bearer t-9'), 'latin1');
    createHmac('sha256', CACHE_KEY).update(Buffer.of(2)).update(sealed.subarray(32)).digest().copy(sealed);
    second.host.state.shared.set(name, sealed);
    expect(authorizationOf(second.request())).toBe('Bearer t-9');
  });

  test('never hold a secret in their names or in what goes into them', () => {
    const [first] = twoWorkers();
    first.request();
    first.allow('t-1');
    for (const [name, entry] of first.host.state.shared) {
      expect(name).not.toContain('orders-secret');
      expect(entry.toString('latin1')).not.toContain('orders-secret');
      expect(entry.includes(CACHE_KEY)).toBe(false);
    }
  });
});

describe('the number of slots', () => {
  test('bounds shared data, whatever comes', () => {
    const [first] = twoWorkers({ configuration: { cacheSlots: 16, workerEntries: 16 } });
    for (let i = 0; i < 500; i++) {
      first.request([['x-client-id', `client-${i}`]]);
      first.allow(`t-${i}`);
    }
    expect(first.host.state.shared.size).toBeLessThanOrEqual(16);
    expect(first.metric('evictions.layer.shared')).toBeGreaterThan(400);
    expect(first.metric('evictions.layer.worker')).toBeGreaterThan(400);
  });

  test('lets no refusal push out a token', () => {
    const [first, second] = twoWorkers({ configuration: { cacheSlots: 16, workerEntries: 16 } });
    first.request();
    first.allow('t-1');
    for (let i = 0; i < 500; i++) {
      first.request([CREDENTIALS[0] as [string, string], ['x-client-secret', `wrong-${i}`]]);
      first.deny(401, 'token request failed\n', [['token-broker-cache-control', 'max-age=10']]);
    }
    expect(authorizationOf(first.request())).toBe('Bearer t-1');
    expect(authorizationOf(second.request())).toBe('Bearer t-1');
  });

  test('gives the place of what has expired to what comes', () => {
    const [first] = twoWorkers({ configuration: { cacheSlots: 16, workerEntries: 16 } });
    for (let i = 0; i < 200; i++) {
      first.request([['x-client-id', `client-${i}`]]);
      first.allow(`t-${i}`, 'max-age=1');
    }
    const before = first.metric('evictions.layer.worker');
    first.pass(1100);
    for (let i = 0; i < 8; i++) {
      first.request([['x-client-id', `later-${i}`]]);
      first.allow(`l-${i}`, 'max-age=60');
    }
    expect(first.metric('evictions.layer.worker')).toBeLessThanOrEqual(before + 4);
  });
});

test('an entry that is too big is served and not kept', () => {
  const worker = new Worker({ configuration: { maximumEntryBytes: 1024 } });
  const stream = worker.request();
  worker.allow('t'.repeat(2000));
  expect(authorizationOf(stream)).toBe(`Bearer ${'t'.repeat(2000)}`);
  expect(worker.host.state.shared.size).toBe(0);
  expect(worker.request().outcome).toBe('paused');
});
