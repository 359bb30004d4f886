import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { Valkey } from '../../tools/launch/valkey.ts';
import { Replicas } from './support/replicas.ts';

const TIMEOUT = 100;
const BYPASS = 1000;
const LOCK_EXPIRY = 1500;

let valkey: Valkey;
let replicas: Replicas;

const shared = (directory: string) => ({
  url: `redis://127.0.0.1:${valkey.port}`,
  keys: [{ file: `${directory}/key` }],
  ...{ timeout: `${TIMEOUT}ms`, bypass: `${BYPASS}ms`, lockExpiry: `${LOCK_EXPIRY}ms` },
});

beforeAll(async () => {
  valkey = await Valkey.start();
});

afterAll(() => valkey?.stop());

beforeEach(async () => {
  replicas = await Replicas.start({ shared });
  await replicas.connected();
});

afterEach(() => replicas?.stop());

/** Lines of both logs about the shared cache, by what they say. */
const told = () =>
  replicas
    .log()
    .split('\n')
    .filter((line) => line.includes('the shared cache'))
    .map((line) => /the shared cache (failed|is asked again)/.exec(line)?.[1]);

/** Waits until both have gone without the server, or back to it. */
const bypassed = (value: 0 | 1) =>
  eventually(async () => {
    for (const replica of replicas.both) {
      // Somebody whom it has to look for.
      await replica.ask({ id: `nobody-${performance.now()}`, secret: 'unknown' });
      expect(await replica.metric('bypassed')).toBe(value);
    }
  });

/** Asks both, over and over, until it is stopped; each time as somebody whom no replica knows in memory. */
function traffic() {
  const answers: { status: number; duration: number }[] = [];
  let running = true;
  const one = async (index: number) => {
    const clients = Object.values(replicas.identityProvider.clients);
    for (let round = 0; running; round += 1) {
      const client = clients[(index + round) % clients.length];
      const replica = replicas.both[round % 2];
      if (client === undefined || replica === undefined) throw new Error('nobody to ask');
      answers.push(await replica.ask(client));
      await replica.ask({ id: `nobody-${index}-${round}`, secret: 'unknown' });
    }
  };
  const ended = Promise.all([one(0), one(1), one(2)]);
  return {
    answers,
    stop: async () => {
      running = false;
      await ended;
    },
  };
}

test('a server that is killed in the midst of traffic refuses nobody, and is used again when it is back', async () => {
  const { answers, stop } = traffic();
  await eventually(() => expect(answers.length).toBeGreaterThan(20));
  await valkey.kill();
  await bypassed(1);
  const before = answers.length;
  await eventually(() => expect(answers.length).toBeGreaterThan(before + 50));
  await valkey.comeBack();
  await bypassed(0);
  await stop();
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(told()).toEqual(['failed', 'is asked again', 'failed', 'is asked again']);
  await replicas.connected();
});

test('a server that is frozen costs each replica its timeout once, and then nothing', async () => {
  const { identityProvider, first } = replicas;
  for (const client of Object.values(identityProvider.clients)) await first.ask(client);
  valkey.signal('SIGSTOP');
  try {
    const answers = await Promise.all(
      replicas.both.flatMap((replica) => Array.from({ length: 50 }, () => replica.ask(identityProvider.clients.first))),
    );
    await bypassed(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const timeouts = await first.metric('operations_total', { outcome: 'timeout' });
    // Nobody is asked who is left alone, so every further request is as fast as without a server.
    for (let i = 0; i < 50; i += 1) await first.ask({ id: `nobody-${i}`, secret: 'unknown' });
    const more = await first.metric('operations_total', { outcome: 'timeout' });
    // The looks that find out whether it is back: one in each bypass.
    expect(more - timeouts).toBeLessThan(25);
    expect(told()).toEqual(['failed', 'failed']);
  } finally {
    valkey.signal('SIGCONT');
  }
  await bypassed(0);
});

test('a replica that dies while it asks the issuer costs the other no more than the expiry of its lock', async () => {
  const { identityProvider, first, second } = replicas;
  const before = identityProvider.requests();
  identityProvider.disturb({ delay: 60_000 });
  const lost = first.ask(identityProvider.clients.second).catch(() => 'lost');
  await eventually(() => expect(identityProvider.requests()).toBe(before + 1));
  // It keeps its lock for longer than that lasts by itself.
  await new Promise((resolve) => setTimeout(resolve, 2 * LOCK_EXPIRY));
  identityProvider.disturb(undefined);
  first.control.process.signal('SIGKILL');
  const { status, duration } = await second.ask(identityProvider.clients.second);
  expect(await lost).toBe('lost');
  expect(status).toBe(200);
  expect(duration).toBeLessThan(LOCK_EXPIRY + 1500);
  expect(await second.metric('waits_total', { outcome: 'turn' })).toBe(1);
});

describe('a password', () => {
  let guarded: Valkey;

  beforeAll(async () => {
    guarded = await Valkey.start(() => ['--requirepass', 'planted-password']);
  });

  afterAll(() => guarded?.stop());

  const start = (password: string) =>
    Replicas.start({
      files: { password },
      shared: (directory) => ({
        ...shared(directory),
        url: `redis://127.0.0.1:${guarded.port}`,
        password: { file: `${directory}/password` },
      }),
    });

  test('that is wrong leaves each replica to itself, and is in no log', async () => {
    const strangers = await start('planted-wrong-password');
    try {
      const { identityProvider, first, second } = strangers;
      await eventually(async () => {
        await first.ask({ id: `nobody-${performance.now()}`, secret: 'unknown' });
        expect(await first.metric('bypassed')).toBe(1);
      });
      expect((await first.ask(identityProvider.clients.first)).status).toBe(200);
      expect((await second.ask(identityProvider.clients.first)).status).toBe(200);
      expect(strangers.log()).toContain('"cause":"WRONGPASS"');
      expect(strangers.log()).not.toMatch(/planted/);
    } finally {
      await strangers.stop();
    }
  });

  test('that is corrected in its file is used without a restart', async () => {
    const corrected = await start('planted-wrong-password');
    try {
      writeFileSync(`${corrected.directory}/password`, 'planted-password');
      await corrected.connected();
    } finally {
      await corrected.stop();
    }
  });
});
