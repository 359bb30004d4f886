import type { Api, Failure } from '../cluster/api.ts';
import { badAnswer, tooLarge } from '../cluster/failure.ts';
import { record } from '../record.ts';
import type { Limits } from './allowance.ts';
import type { Sized } from './held-objects.ts';
import { readObject } from './kubernetes-object.ts';
import { pathOf, queryOf, type Selection } from './selection.ts';

/** All selected objects at one moment. */
export interface Listed {
  readonly kind: 'listed';
  readonly objects: readonly Sized[];
  /** From where a watch goes on; undefined where there may be none. */
  readonly version: string | undefined;
  /** The server that gave them: another one's versions mean something else. */
  readonly server: object;
}

const PAGE_SIZE = 250;

/** Lists the selected objects, page by page, within the limits. */
export async function list(
  api: Api,
  selection: Selection,
  limits: Limits,
  signal: AbortSignal,
): Promise<Listed | Failure> {
  const objects: Sized[] = [];
  let bytesLeft = limits.bytes;
  for (let next = ''; ; ) {
    const query = queryOf(selection);
    query.set('limit', `${PAGE_SIZE}`);
    if (next !== '') query.set('continue', next);
    const path = pathOf(selection);
    const answer = await api.call({ method: 'GET', path, query, maximumBytes: bytesLeft, signal });
    if (answer.kind === 'failed') {
      return answer.reason === 'forbidden' ? ((await readAlone(api, selection, limits, signal)) ?? answer) : answer;
    }
    const page = readPage(answer.value);
    if (page === undefined) return badAnswer('the answer is no list of objects');
    objects.push(...page.objects);
    bytesLeft -= answer.bytes;
    if (page.next === '') return { kind: 'listed', objects, version: page.version, server: answer.server };
    // A server that says so forever must not keep us here.
    if (objects.length > limits.objects || bytesLeft <= 0) return tooLarge(`there are more than ${describe(limits)}`);
    next = page.next;
  }
}

/**
 * Reads the one object that is selected by its name, where the right to do that is all that there is (`get`).
 *
 * @returns undefined when there is no such right either
 */
async function readAlone(
  api: Api,
  selection: Selection,
  { bytes: maximumBytes }: Limits,
  signal: AbortSignal,
): Promise<Listed | Failure | undefined> {
  if (selection.name === undefined) return undefined;
  const path = `${pathOf(selection)}/${encodeURIComponent(selection.name)}`;
  const answer = await api.call({ method: 'GET', path, maximumBytes, signal });
  const alone = { kind: 'listed', version: undefined, server: {} } as const;
  if (answer.kind === 'failed') {
    if (answer.reason === 'notFound') return { ...alone, objects: [] };
    return answer.reason === 'forbidden' ? undefined : answer;
  }
  const object = readObject(answer.value);
  if (object === undefined) return badAnswer('the answer is no object');
  return { ...alone, objects: [{ object, bytes: answer.bytes }] };
}

/** Names limits in words. */
export function describe({ objects, bytes }: Limits): string {
  return `${objects} objects or ${bytes} bytes`;
}

function readPage(value: unknown) {
  const { items, metadata } = record(value);
  const { resourceVersion, continue: next } = record(metadata);
  // Go writes an empty list as null.
  if (typeof resourceVersion !== 'string' || resourceVersion === '' || !(Array.isArray(items) || items === null)) {
    return undefined;
  }
  const objects: Sized[] = [];
  for (const item of items ?? []) {
    const object = readObject(item);
    if (object === undefined) return undefined;
    objects.push({ object, bytes: Buffer.byteLength(JSON.stringify(item)) });
  }
  return { objects, version: resourceVersion, next: typeof next === 'string' ? next : '' };
}
