import { Agent, fetch as undiciFetch } from 'undici';
import type { Access } from '../access/access.ts';
import type { ApiRequest } from './api.ts';

/** The part of `fetch` that is used here; tests give their own. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

export interface FetchInit {
  readonly method: ApiRequest['method'];
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

/** Connections to one API server. */
export interface Transport {
  /** For answers that end. */
  readonly call: Fetch;
  /** For watches: each keeps a connection of its own, and may be silent for minutes. */
  readonly open: Fetch;
  /** Breaks watches off, and ends the rest once the calls under way have ended. */
  close(): Promise<void>;
}

export type CreateTransport = (access: Access, timeout: number) => Transport;

/** Calls under way at once; more wait for their turn. */
const MAXIMUM_CALLS = 32;
/** ms of silence after which the system asks whether the other side of a watch is still there. */
const KEEP_ALIVE_DELAY = 15_000;

/** @param timeout ms */
export function createTransport({ tls }: Access, timeout: number): Transport {
  const connect = {
    timeout,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.client === undefined ? {} : { cert: tls.client.certificate, key: tls.client.key.reveal() }),
  };
  const calls = new Agent({ connections: MAXIMUM_CALLS, headersTimeout: timeout, bodyTimeout: timeout, connect });
  const watches = new Agent({ headersTimeout: timeout, bodyTimeout: 0, connect });
  return {
    call: fetchThrough(calls),
    open: fetchThrough(watches),
    close: async () => {
      await Promise.all([calls.close(), watches.destroy()]);
    },
  };
}

function fetchThrough(dispatcher: Agent): Fetch {
  // undici's Response and Node's are one class in two versions; what is used here both have.
  return async (url, init) => (await undiciFetch(url, { ...init, dispatcher })) as unknown as Response;
}
