import { expect, test } from 'vitest';
import { build, document, exchangeEntry } from './documents.ts';

const ORDERS = exchangeEntry('api.example', '/orders');
const entryWith = (match: object) => ({ ...ORDERS, match: { host: 'api.example', pathPrefix: '/x', ...match } });
const numbered = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join('');

// What grows faster than the document takes minutes here, in which control would answer nobody.
test.each<[string, string | readonly object[], RegExp]>([
  [
    'many keys in one mapping',
    `version: v1\nentries: []\n${numbered(70_000, (index) => `k${index}:\n`)}`,
    /k0: is not a field/,
  ],
  [
    'many anchors and aliases',
    `version: v1\nentries: [${numbered(5000, (index) => `&a${index} x,*a${index},`)}]\n`,
    /has more aliases than a configuration needs/,
  ],
  ['a path of slashes', [entryWith({ pathPrefix: `${'/'.repeat(250_000)}x` })], /holds an empty, \. or \.\. segment/],
  [
    'many bad methods',
    [entryWith({ methods: Array.from({ length: 40_000 }, (_, index) => `(${index}`) })],
    /methods: must NOT have more than 32 items/,
  ],
  [
    'a duration of digits',
    [{ ...entryWith({}), exchange: { issuerRef: 'primary', scope: 'read', maximumDecisionAge: '1'.repeat(300_000) } }],
    /maximumDecisionAge: must match pattern/,
  ],
])('%s keep nobody waiting, and take no other document along', (_what, content, problem) => {
  const { routeOf, problems } = build([document('a', [ORDERS]), document('b', content)]);
  expect(problems.join('\n')).toMatch(problem);
  expect(routeOf('api.example', '/orders')).toBe('a.0');
});

test('a text that is wrong on each of its lines is told of a hundred times at most', () => {
  const { problems } = build([document('a', `version: v1\nx: "${'a\n'.repeat(5000)}"\nentries: []\n`)]);
  expect(problems).toHaveLength(100);
});

test('a name of any length is cut where it is told of', () => {
  const { problems } = build([document('a', [{ ...ORDERS, [`x${'y'.repeat(100_000)}`]: 1 }])]);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.length).toBeLessThan(1000);
});
