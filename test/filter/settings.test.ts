import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SimulatedHost } from '../host/simulated-host.ts';

function configure(configuration: object | string): { accepted: boolean; error: string } {
  const host = new SimulatedHost();
  const accepted = host.configure(configuration) !== 0;
  const errors = host.state.logs.filter((line) => line.level === 4).map((line) => line.text);
  expect(errors.length).toBe(accepted ? 0 : 1);
  return { accepted, error: errors[0] ?? '' };
}

describe('a sound configuration', () => {
  test.each([
    ['the cluster alone', '{"cluster":"c"}'],
    ['space everywhere', ' {\n "cluster" :\t"c" , "timeoutMilliseconds" : 10 } '],
    ['numbers as Istio writes them', '{"cluster":"c","timeoutMilliseconds":2e3,"pollIntervalMilliseconds":500.0}'],
    ['escapes', '{"cluster":"outbound|80||a\\u002eb\\/c"}'],
    [
      'every key',
      JSON.stringify({
        cluster: 'c',
        authority: 'a',
        timeoutMilliseconds: 1000,
        pollIntervalMilliseconds: 1000,
        cacheSlots: 64,
        workerEntries: 64,
        maximumEntryBytes: 2048,
        maximumWaiters: 10,
        sharedCache: false,
        sharedCheckIntervalMilliseconds: 500,
        retryIntervalMilliseconds: 500,
        replaceOnUnauthorized: true,
        replacementIntervalMilliseconds: 2000,
      }),
    ],
  ])('%s', (_name, text) => {
    expect(configure(text)).toEqual({ accepted: true, error: '' });
  });
});

describe('a bad configuration is refused with one line that names the key and the fix', () => {
  test.each([
    ['', 'it must be a JSON object'],
    ['"cluster"', 'it must be a JSON object'],
    ['[]', 'it must be a JSON object'],
    ['{}', 'cluster: it is missing'],
    ['{"cluster":"c"', '"," or "}" is missing'],
    ['{"cluster":"c",}', 'double quote'],
    ['{"cluster" "c"}', '":" is missing after the key cluster'],
    ['{"cluster":"c"} x', 'text after'],
    ['{"cluster":"c', 'does not end'],
    ['{"cluster":"\\q"}', 'bad escape'],
    ['{"cluster":"\\u00zz"}', 'bad escape'],
    ['{"cluster":{"name":"c"}}', 'the value of cluster must be a string'],
    ['{"cluster":tru}', 'the value of cluster must be a string'],
    ['{"cluster":-}', 'the value of cluster must be a string'],
    ['{"cluster":1.}', 'the value of cluster must be a string'],
    ['{"cluster":""}', 'cluster: it must be a string of 1 to 256'],
    ['{"cluster":"a b"}', 'cluster: it must be a string of 1 to 256'],
    ['{"cluster":5}', 'cluster: it must be a string of 1 to 256'],
    ['{"cluster":null}', 'cluster: it must be a string of 1 to 256'],
    [`{"cluster":"${'c'.repeat(257)}"}`, 'cluster: it must be a string of 1 to 256'],
    ['{"cluster":"c","cluster":"d"}', 'cluster: it is given twice'],
    ['{"cluster":"c","timeoutMilliseconds":9}', 'timeoutMilliseconds: it must be a whole number from 10 to 60000'],
    ['{"cluster":"c","timeoutMilliseconds":60001}', 'from 10 to 60000'],
    ['{"cluster":"c","timeoutMilliseconds":10.5}', 'from 10 to 60000'],
    ['{"cluster":"c","timeoutMilliseconds":-100}', 'from 10 to 60000'],
    ['{"cluster":"c","timeoutMilliseconds":1e999}', 'from 10 to 60000'],
    ['{"cluster":"c","timeoutMilliseconds":"100"}', 'from 10 to 60000'],
    ['{"cluster":"c","maximumWaiters":0}', 'maximumWaiters: it must be a whole number from 1 to 100000'],
    ['{"cluster":"c","sharedCache":1}', 'sharedCache: it must be true or false'],
    ['{"cluster":"c","replaceOnUnauthorized":"yes"}', 'replaceOnUnauthorized: it must be true or false'],
    ['{"cluster":"c","timeout":100}', 'timeout: there is no such key'],
  ])('%s', (text, expected) => {
    const { accepted, error } = configure(text);
    expect(accepted).toBe(false);
    expect(error).toContain(expected);
    expect(error).not.toContain('\n');
  });

  test('the build without a response callback refuses to be asked for replacement', () => {
    const host = new SimulatedHost({ file: 'build/filter-request-only.wasm' });
    expect(host.configure({ cluster: 'c', replaceOnUnauthorized: true })).toBe(0);
    expect(host.state.logs.at(-1)?.text).toContain('replaceOnUnauthorized');
    expect(host.configure({ cluster: 'c' })).not.toBe(0);
  });
});

describe('docs/filter-configuration.md', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const source = read('filter/core/settings.ts');
  /** The cells of the rows that begin with a key, by key. */
  const rowsOf = (path: string) =>
    new Map(
      [...read(path).matchAll(/^\| `([a-z]+(?:[A-Z][a-z]+)*)` \|(.*)\|$/gm)].map(([, key = '', cells = '']) => [
        key,
        cells.split('|').map((cell) => cell.trim()),
      ]),
    );
  const rows = rowsOf('docs/filter-configuration.md');

  test('has every key, and no other; so does README.md, with the same defaults', () => {
    const known = / known are ([A-Za-z, ]+)/.exec(configure('{"cluster":"c","x":1}').error)?.[1]?.split(', ') ?? [];
    expect([...rows.keys()].toSorted()).toEqual(known.toSorted());
    const short = rowsOf('README.md');
    expect([...short.keys()].toSorted()).toEqual(known.toSorted());
    const defaults = (table: typeof rows) => known.map((key) => [key, table.get(key)?.[0]?.split(/ \(|, required/)[0]]);
    const named = defaults(rows).map(([key, value]) => [key, key === 'cluster' ? '' : value]);
    expect(defaults(short)).toEqual(named);
  });

  const numbers = [...rows].filter(([, [, range = '']]) => /^\d+ to \d+( ms| bytes)?$/.test(range));

  test.each(numbers)('says which numbers %s may be, and which it is', (key, [value, range = '']) => {
    const [least = 0, most = 0] = (range.match(/\d+/g) ?? []).map(Number);
    for (const good of [least, most]) expect(configure({ cluster: 'c', [key]: good }).accepted).toBe(true);
    for (const bad of [least - 1, most + 1]) {
      expect(configure({ cluster: 'c', [key]: bad }).error).toContain(
        `${key}: it must be a whole number from ${least} to`,
      );
    }
    const field = new RegExp(`'${key}'\\) this\\.(\\w+) =`).exec(source)?.[1];
    expect(new RegExp(`^  ${field}: u32 = (\\d+);`, 'm').exec(source)?.[1]).toBe(value);
  });

  test('speaks of all numbers', () => expect(numbers).toHaveLength(9));
});
