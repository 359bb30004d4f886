import type { Failure } from '../cluster/api.ts';
import { badAnswer, describeStatus, tooLarge } from '../cluster/failure.ts';
import { record } from '../record.ts';
import type { Sized } from './held-objects.ts';
import { type KubernetesObject, readObject } from './kubernetes-object.ts';

/** What an API server tells in a watch. */
export type WatchEvent =
  | ({ readonly kind: 'put' } & Sized)
  | { readonly kind: 'removed'; readonly object: KubernetesObject }
  /** Nothing has changed up to this version. */
  | { readonly kind: 'bookmark'; readonly version: string }
  | Failure;

const LINE_FEED = 0x0a;

/**
 * Reads the events of a watch, one JSON text a line, as many at a time as have come. Nothing follows a failure.
 *
 * @param maximumBytes of one line
 * @throws whatever the connection breaks with
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>, maximumBytes: number): AsyncGenerator<WatchEvent[]> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    const events: WatchEvent[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const event = readEvent(Buffer.concat([...parts, chunk.subarray(start, end)]));
      [parts, size, start] = [[], 0, end + 1];
      events.push(event);
      if (event.kind === 'failed') break;
    }
    // A line that ends in one chunk is no longer than that.
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > maximumBytes) events.push(tooLarge(`one object has more than ${maximumBytes} bytes`));
    if (events.length > 0) yield events;
    if (events.at(-1)?.kind === 'failed') return;
  }
}

function readEvent(line: Buffer): WatchEvent {
  const { type, object: value } = record(parseJson(line));
  if (type === 'ERROR') return describeStatus(value);
  if (type === 'BOOKMARK') {
    const { resourceVersion: version } = record(record(value).metadata);
    return typeof version === 'string' && version !== '' ? { kind: 'bookmark', version } : malformed();
  }
  const object = readObject(value);
  if (object === undefined) return malformed();
  if (type === 'ADDED' || type === 'MODIFIED') return { kind: 'put', object, bytes: line.length };
  return type === 'DELETED' ? { kind: 'removed', object } : malformed();
}

function malformed(): Failure {
  return badAnswer('an event of the watch is malformed');
}

function parseJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}
