import { readFileSync } from 'node:fs';
import { Agent, fetch as undiciFetch } from 'undici';
import type { RemoteKeys } from '../../config/provider.ts';

/** The part of `fetch` that is used here; tests give their own. */
export type Fetch = (url: URL, init: FetchInit) => Promise<Response>;

export interface FetchInit {
  readonly headers: Record<string, string>;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

/** Connections to where one provider publishes its keys. */
export interface Transport {
  readonly fetch: Fetch;
  close(): Promise<void>;
}

/** @throws Error when the file of authorities cannot be read */
export function createTransport({ timeout, caFile }: RemoteKeys): Transport {
  const agent = new Agent({
    connections: 2,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    connect: { timeout, ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) },
  });
  return {
    // undici's Response and Node's are one class in two versions; what is used here both have.
    fetch: async (url, init) => (await undiciFetch(url, { ...init, dispatcher: agent })) as unknown as Response,
    close: () => agent.close(),
  };
}
