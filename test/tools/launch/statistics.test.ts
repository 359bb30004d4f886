import { expect, test } from 'vitest';
import { parseSamples, sumSamples } from '../../../tools/launch/statistics.ts';

const TEXT = `# TYPE token_broker_hits counter
token_broker_hits{layer="shared"} 8
token_broker_hits{layer="worker",zone="a \\"b\\""} 12
# TYPE token_broker_misses counter
token_broker_misses{} 4
up 1
`;

test('samples are read with and without tags', () => {
  expect(parseSamples(TEXT)).toEqual([
    { name: 'token_broker_hits', tags: { layer: 'shared' }, value: 8 },
    { name: 'token_broker_hits', tags: { layer: 'worker', zone: 'a \\"b\\"' }, value: 12 },
    { name: 'token_broker_misses', tags: {}, value: 4 },
    { name: 'up', tags: {}, value: 1 },
  ]);
});

test('a sum takes in every sample that has the tags', () => {
  const samples = parseSamples(TEXT);
  expect(sumSamples(samples, 'token_broker_hits')).toBe(20);
  expect(sumSamples(samples, 'token_broker_hits', { layer: 'worker' })).toBe(12);
  expect(sumSamples(samples, 'token_broker_absent')).toBe(0);
});
