import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeServer } from './fake-server.ts';
import { FakeIssuer, Replica } from './replica.ts';

let clock: ManualClock;
let server: FakeServer;
let issuer: FakeIssuer;
let replica: Replica;

beforeEach(() => {
  clock = new ManualClock();
  server = new FakeServer(clock);
  issuer = new FakeIssuer();
  issuer.immediate = true;
  replica = new Replica(server, issuer, clock);
});

const ask = (name: string) => replica.ask({}, name);
const told = (pattern: RegExp) => replica.events.filter((event) => pattern.test(event));

describe.each([
  ['hangs', 'hangs', 'ETIMEDOUT'],
  ['refuses', { code: 'WRONGPASS' }, 'WRONGPASS'],
  ['cannot be reached', { code: 'ECONNREFUSED' }, 'ECONNREFUSED'],
] as const)('a server that %s', (_how, state, cause) => {
  test('is asked once, and then left alone: every request gets its token', async () => {
    server.state = state;
    expect(await ask('a')).toBe('planted-token-1');
    expect(await Promise.all(['b', 'c', 'd'].map(ask))).toHaveLength(3);
    expect(server.asked).toBe(1);
    expect(told(/^bypassed: /)).toEqual([`bypassed: ${cause}`]);
  });

  test('is told of once, however often it fails again', async () => {
    server.state = state;
    for (const name of ['a', 'b', 'c']) {
      await ask(name);
      clock.advance(5000);
    }
    expect(server.asked).toBe(3);
    expect(told(/^bypassed: |^back/)).toEqual([`bypassed: ${cause}`]);
  });

  test('is asked again after a while, by one request, and shares again when it is back', async () => {
    server.state = state;
    await ask('a');
    server.state = 'works';
    await ask('b');
    expect(server.names()).toEqual([]);
    clock.advance(5000);
    await ask('c');
    expect(told(/^bypassed: |^back/)).toEqual([`bypassed: ${cause}`, 'back']);
    expect(await new Replica(server, issuer, clock).ask({}, 'c')).toBe('planted-token-3');
  });
});

test('a connection on which an answer is overdue is given up', async () => {
  server.state = 'hangs';
  await ask('a');
  expect(server.resets).toBe(1);
});

test('of requests that come while one finds out whether the server is back none waits', async () => {
  server.state = 'hangs';
  await ask('a');
  clock.advance(5000);
  await Promise.all(['b', 'c', 'd', 'e'].map(ask));
  expect(server.asked).toBe(2);
});

test('no more than a thousand looks are under way; whoever comes beyond does without', async () => {
  server.state = 'hangs';
  const names = Array.from({ length: 1100 }, (_, index) => `key-${index}`);
  expect(new Set(await Promise.all(names.map(ask))).size).toBe(1100);
  expect(told(/^look bypassed/)).toHaveLength(100);
});

test('a hit costs no look at the server, but for one each second', async () => {
  await ask('a');
  const before = server.asked;
  for (let i = 0; i < 100; i += 1) await ask('a');
  expect(server.asked).toBe(before);
  clock.advance(1000);
  await Promise.all(Array.from({ length: 100 }, () => ask('a')));
  expect(server.asked).toBe(before + 1);
});

test('without a server nothing is asked', async () => {
  replica.cache.use(undefined);
  expect([await ask('a'), await ask('a')]).toEqual(['planted-token-1', 'planted-token-1']);
  expect([server.asked, replica.events]).toEqual([0, []]);
});
