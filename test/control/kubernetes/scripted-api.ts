import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Api, ApiRequest, Failure, Opened } from '../../../control/kubernetes/cluster/api.ts';

/** What a watch gives: lines, and how it ends. */
export interface ScriptedWatch {
  /** Each is sent as it is. */
  readonly chunks: readonly string[];
  /** `stay`: open until it is closed; `end`: as when it has expired; `break`: as when the connection is lost. */
  readonly ending: 'stay' | 'end' | 'break';
  /** ms before that. */
  readonly after?: number;
  readonly server?: object;
}

type Call = Answer | Failure;
/** `silence`: no answer until the request is ended. */
type ScriptedCall = Call | 'silence';
type Open = ScriptedWatch | Failure;

/** An API server that gives what a test says, in turn, and the last of it again and again. */
export class ScriptedApi implements Api {
  readonly requests: ApiRequest[] = [];
  /** Watches that are open. */
  openCount = 0;
  #calls: ScriptedCall[] = [];
  #opens: Open[] = [{ chunks: [], ending: 'stay' }];

  calls(...calls: [ScriptedCall, ...ScriptedCall[]]): this {
    this.#calls = calls;
    return this;
  }

  opens(...opens: [Open, ...Open[]]): this {
    this.#opens = opens;
    return this;
  }

  /** Requests so far: `list` or `watch`, each with the version where it has one. */
  story(): string[] {
    return this.requests.map(({ query }) => {
      const version = query?.get('resourceVersion');
      return query?.get('watch') === 'true' ? `watch ${version}` : `list${query?.get('continue') ?? ''}`;
    });
  }

  async call(request: ApiRequest): Promise<Call> {
    this.requests.push(request);
    const call = next(this.#calls);
    if (call !== 'silence') return call;
    await delay(3_600_000, undefined, { signal: request.signal, ref: false }).catch(() => {});
    return failed('unavailable');
  }

  async open(request: ApiRequest & { signal: AbortSignal }): Promise<Opened | Failure> {
    this.requests.push(request);
    const watch = next(this.#opens);
    if (!('chunks' in watch)) return watch;
    return { kind: 'opened', body: this.#play(watch, request.signal), server: watch.server ?? SERVER };
  }

  async *#play({ chunks, ending, after = 0 }: ScriptedWatch, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    this.openCount += 1;
    try {
      for (const chunk of chunks) {
        yield Buffer.from(chunk);
        await delay(1);
      }
      if (ending === 'stay') await delay(3_600_000, undefined, { signal, ref: false });
      await delay(after, undefined, { signal });
      if (ending === 'break') throw Object.assign(new Error('terminated'), { code: 'ECONNRESET' });
    } finally {
      this.openCount -= 1;
    }
  }
}

export const SERVER = { name: 'the server' };

export function answered(value: unknown, server: object = SERVER): Answer {
  return { kind: 'answered', value, bytes: JSON.stringify(value).length, server };
}

export function failed(reason: Failure['reason'], more: Partial<Failure> = {}): Failure {
  return { kind: 'failed', reason, message: `planted ${reason}`, ...more };
}

/** A ConfigMap as it is in a list or an event. */
export function object(name: string, version: number, data: Record<string, string> = {}): object {
  return { metadata: { name, namespace: 'team', resourceVersion: `${version}` }, data };
}

export function listOf(version: number, ...items: object[]): object {
  return { kind: 'ConfigMapList', metadata: { resourceVersion: `${version}` }, items };
}

/** One line of a watch. */
export function event(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function next<Item>(script: Item[]): Item {
  const [first] = script;
  if (first === undefined) throw new Error('the script is empty');
  if (script.length > 1) script.shift();
  return first;
}
