import { beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../../../control/secret.ts';
import { eventually } from '../../../../tools/launch/eventually.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeServer } from './fake-server.ts';
import { digestOf, FakeIssuer, KEY, Replica } from './replica.ts';

let clock: ManualClock;
let server: FakeServer;
let issuer: FakeIssuer;
let first: Replica;
let second: Replica;

beforeEach(() => {
  clock = new ManualClock();
  server = new FakeServer(clock);
  issuer = new FakeIssuer();
  first = new Replica(server, issuer, clock);
  second = new Replica(server, issuer, clock);
});

/** Waits until the issuer has been asked so often in all. */
const asked = (times: number) => eventually(() => expect(issuer.asked).toBe(times));
const settle = () => new Promise((resolve) => setTimeout(resolve, 30));

/** Both replicas hold the first token. */
async function bothHold(): Promise<void> {
  const answer = first.ask();
  await asked(1);
  issuer.last.grant();
  expect([await answer, await second.ask()]).toEqual(['planted-token-1', 'planted-token-1']);
}

describe('a miss', () => {
  test('on both replicas at once asks the issuer once', async () => {
    const answers = Promise.all([first.ask(), second.ask(), first.ask(), second.ask()]);
    await asked(1);
    await settle();
    issuer.last.grant();
    expect(new Set(await answers)).toEqual(new Set(['planted-token-1']));
    expect(issuer.asked).toBe(1);
  });

  test('on one replica is a hit on the other afterwards, and leaves no lock', async () => {
    await bothHold();
    expect(issuer.asked).toBe(1);
    expect(server.names().map((name) => name.replace(/^.*:/, ''))).toEqual(['token']);
  });

  test('that the issuer refuses is refused on both, and remembered on both for as long', async () => {
    const answers = Promise.all([first.ask(), second.ask()]);
    await asked(1);
    await settle();
    issuer.last.refuse('credentials_rejected');
    expect(await answers).toEqual(['credentials_rejected', 'credentials_rejected']);
    clock.advance(9000);
    expect([await first.ask(), await second.ask()]).toEqual(['credentials_rejected', 'credentials_rejected']);
    expect(issuer.asked).toBe(1);
    clock.advance(1100);
    issuer.immediate = true;
    expect(await second.ask()).toBe('planted-token-2');
  });

  test('that fails fails for all who wait, and is tried anew for who comes next', async () => {
    const answers = Promise.all([first.ask(), second.ask()]);
    await asked(1);
    await settle();
    issuer.last.refuse('issuer_unavailable');
    expect(await answers).toEqual(['issuer_unavailable', 'issuer_unavailable']);
    expect(issuer.asked).toBe(1);
    issuer.immediate = true;
    expect(await second.ask()).toBe('planted-token-2');
  });

  test('waits for a replica that died no longer than its lock lasts', async () => {
    void first.ask();
    await asked(1);
    for (const name of server.names()) {
      const entry = server.entries.get(name);
      // Nobody extends it any more.
      if (entry !== undefined) server.entries.set(`${name}`, { ...entry, end: clock.monotonic() + 1000 });
    }
    const answer = second.ask();
    await settle();
    expect(issuer.asked).toBe(1);
    clock.advance(1001);
    await asked(2);
    issuer.last.grant();
    expect(await answer).toBe('planted-token-2');
  });
});

describe('a token that the backend refused', () => {
  test('is replaced once, and every replica gives out the next', async () => {
    await bothHold();
    issuer.immediate = true;
    const rejected = digestOf('planted-token-1');
    expect(await first.ask({ rejected })).toBe('planted-token-2');
    expect(await second.ask({ rejected })).toBe('planted-token-2');
    expect(issuer.asked).toBe(2);
  });

  test('is no longer given out by the others a second later, though nobody told them', async () => {
    await bothHold();
    issuer.immediate = true;
    await first.ask({ rejected: digestOf('planted-token-1') });
    clock.advance(1000);
    expect(await second.ask()).toBe('planted-token-2');
  });

  test('and that the issuer does not replace is gone everywhere', async () => {
    await bothHold();
    const answer = first.ask({ rejected: digestOf('planted-token-1') });
    await asked(2);
    issuer.last.refuse('credentials_rejected');
    expect(await answer).toBe('credentials_rejected');
    clock.advance(1000);
    expect(await second.ask()).toBe('credentials_rejected');
    expect(issuer.asked).toBe(2);
    clock.advance(10_000);
    issuer.immediate = true;
    expect(await second.ask()).toBe('planted-token-3');
  });
});

describe('a token that is due', () => {
  test('is refreshed by one replica, behind the requests of all', async () => {
    await bothHold();
    clock.advance(70_000);
    expect(await Promise.all([first.ask(), second.ask()])).toEqual(['planted-token-1', 'planted-token-1']);
    await asked(2);
    await settle();
    issuer.last.grant();
    await eventually(async () =>
      expect([await first.ask(), await second.ask()]).toEqual(Array(2).fill('planted-token-2')),
    );
    expect(issuer.asked).toBe(2);
  });

  test('is not asked for again at once by another replica when that failed', async () => {
    await bothHold();
    clock.advance(70_000);
    await first.ask();
    await asked(2);
    issuer.last.refuse('issuer_unavailable');
    await settle();
    clock.advance(1000);
    expect(await second.ask()).toBe('planted-token-1');
    await settle();
    expect(issuer.asked).toBe(2);
  });
});

describe('the end of a token', () => {
  test('is that of its lifetime on every replica', async () => {
    await bothHold();
    clock.advance(90_000);
    issuer.immediate = true;
    expect(await second.ask()).toBe('planted-token-2');
  });

  test('does not move on a replica whose clock is behind', async () => {
    const late = new ManualClock();
    late.stepWall(-3_600_000);
    const third = new Replica(server, issuer, late);
    await bothHold();
    clock.advance(80_000);
    late.advance(80_000);
    expect(await third.ask()).toBe('planted-token-1');
    clock.advance(10_000);
    late.advance(10_000);
    issuer.immediate = true;
    expect(await third.ask()).toBe('planted-token-2');
  });
});

describe('a server that lost everything', () => {
  test('is given what replicas still hold, and the issuer is not asked', async () => {
    await bothHold();
    server.entries.clear();
    clock.advance(1000);
    await first.ask();
    const third = new Replica(server, issuer, clock);
    expect(await third.ask()).toBe('planted-token-1');
    expect(issuer.asked).toBe(1);
  });
});

test('nothing on the server tells a token, a client or a code', async () => {
  await bothHold();
  expect(server.dump()).not.toMatch(/planted|app|dex|credentials/);
});

describe('keys', () => {
  const next = new Secret('another key of more than thirty-two bytes');

  test('may be rotated without a token that some replica cannot read', async () => {
    await bothHold();
    second.use({ keys: [KEY, next] });
    first.use({ keys: [next, KEY] });
    clock.advance(1000);
    issuer.immediate = true;
    expect(await first.ask({ rejected: digestOf('planted-token-1') })).toBe('planted-token-2');
    clock.advance(1000);
    expect(await second.ask()).toBe('planted-token-2');
    expect([...first.events, ...second.events]).not.toContain('found unreadable');
  });

  test('that differ keep replicas apart, and each is served', async () => {
    issuer.immediate = true;
    const stranger = new Replica(server, issuer, clock, { keys: [next] });
    expect([await first.ask(), await stranger.ask()]).toEqual(['planted-token-1', 'planted-token-2']);
    expect(stranger.events).toContain('found unreadable');
  });
});
