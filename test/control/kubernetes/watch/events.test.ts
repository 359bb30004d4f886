import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEvents, type WatchEvent } from '../../../../control/kubernetes/watch/events.ts';
import { event, object } from '../scripted-api.ts';

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function read(chunks: readonly (string | Uint8Array)[], maximumBytes = 10_000): Promise<WatchEvent[]> {
  const all: WatchEvent[] = [];
  for await (const events of readEvents(chunksOf(chunks.map((chunk) => Buffer.from(chunk))), maximumBytes)) {
    all.push(...events);
  }
  return all;
}

/** Kinds, with names and versions where there are any. */
function inWords(events: readonly WatchEvent[]): string[] {
  return events.map((event) => {
    if (event.kind === 'failed') return event.reason;
    return event.kind === 'bookmark'
      ? `bookmark ${event.version}`
      : `${event.kind} ${event.object.key} ${event.object.version}`;
  });
}

const STREAM = [
  event('ADDED', object('a', 1, { text: 'ü €' })),
  event('MODIFIED', object('a', 2, { text: '😀' })),
  event('BOOKMARK', { metadata: { resourceVersion: '7' } }),
  event('DELETED', object('a', 8)),
].join('');

test('events come as they were sent', async () => {
  expect(inWords(await read([STREAM]))).toEqual(['put team/a 1', 'put team/a 2', 'bookmark 7', 'removed team/a 8']);
});

test('wherever a stream is cut into pieces, its events are the same', async () => {
  const bytes = Buffer.from(STREAM);
  const whole = await read([bytes]);
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 20 }), async (cuts) => {
      const at = [0, ...cuts.sort((one, other) => one - other), bytes.length];
      const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
      expect(await read(pieces)).toEqual(whole);
    }),
  );
});

test('what is not ended by a line feed is no event', async () => {
  expect(await read([event('ADDED', object('a', 1)).trimEnd()])).toEqual([]);
});

test.each([
  ['no JSON', '<html>\n', 'badAnswer'],
  ['an empty line', '\n', 'badAnswer'],
  ['another type', event('RENAMED', object('a', 1)), 'badAnswer'],
  ['no type', `${JSON.stringify({ object: object('a', 1) })}\n`, 'badAnswer'],
  ['no object', event('ADDED', {}), 'badAnswer'],
  ['an object without a version', event('ADDED', { metadata: { name: 'a' } }), 'badAnswer'],
  ['an object without a name', event('DELETED', { metadata: { resourceVersion: '1' } }), 'badAnswer'],
  ['a bookmark without a version', event('BOOKMARK', { metadata: {} }), 'badAnswer'],
  ['a version that is too old', event('ERROR', { kind: 'Status', code: 410, message: 'too old' }), 'gone'],
  ['trouble of the server', event('ERROR', { kind: 'Status', code: 500 }), 'unavailable'],
  ['an error without a code', event('ERROR', { kind: 'Status' }), 'badAnswer'],
  ['an error that is none', event('ERROR', {}), 'badAnswer'],
])('nothing follows %s', async (_name, line, reason) => {
  const events = await read([event('ADDED', object('a', 1)) + line + event('ADDED', object('b', 2)), STREAM]);
  expect(inWords(events)).toEqual(['put team/a 1', reason]);
});

test('a line that is too long is not waited for', async () => {
  const long = 'x'.repeat(60);
  expect(inWords(await read([event('ADDED', object('a', 1)), long, long, STREAM], 100))).toEqual([
    'put team/a 1',
    'tooLarge',
  ]);
});
