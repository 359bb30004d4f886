import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pool } from '../../control/pool.ts';

interface Thing {
  readonly name: string;
  readonly version: number;
}

const made: Thing[] = [];
const closed: Thing[] = [];
const newPool = () =>
  new Pool<Thing, Thing>({
    prepare: (thing) => {
      if (thing.version < 0) throw new Error(`${thing.name} cannot be used`);
      made.push(thing);
      return thing;
    },
    close: async (thing) => {
      closed.push(thing);
    },
    identify: ({ version }) => String(version),
  });

beforeEach(() => {
  vi.useFakeTimers();
  made.length = 0;
  closed.length = 0;
});
afterEach(() => vi.useRealTimers());

test('keeps what has not changed, and closes what has only after those who use it are done', async () => {
  const pool = newPool();
  const [a, b] = [
    { name: 'a', version: 1 },
    { name: 'b', version: 1 },
  ];
  pool.use([a, b]);
  const parts = pool.use([{ ...a }, { name: 'b', version: 2 }]);
  expect(parts.get('a')).toBe(a);
  expect(made).toHaveLength(3);
  expect(closed).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(closed).toEqual([b]);
  await pool.close();
  expect(closed).toEqual([b, a, { name: 'b', version: 2 }]);
});

test('changes nothing when one cannot be made ready, and leaves nothing open', async () => {
  const pool = newPool();
  const good = { name: 'a', version: 1 };
  pool.use([good]);
  expect(() =>
    pool.use([
      { name: 'a', version: 2 },
      { name: 'bad', version: -1 },
    ]),
  ).toThrow('bad cannot be used');
  expect(closed).toEqual([{ name: 'a', version: 2 }]);
  expect(pool.use([{ name: 'a', version: 1 }]).get('a')).toBe(good);
});

test('closes at once what is retired when it is closed itself', async () => {
  const pool = newPool();
  pool.use([{ name: 'a', version: 1 }]);
  pool.use([]);
  await pool.close();
  expect(closed).toEqual([{ name: 'a', version: 1 }]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(closed).toHaveLength(1);
});
