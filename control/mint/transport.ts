import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { Agent, fetch as undiciFetch } from 'undici';
import type { IssuerConfiguration } from '../config/configuration.ts';
import { limitConnect } from './limit-connect.ts';
import { limitHeaders } from './limit-headers.ts';

/** The part of `fetch` that minting uses; tests give their own. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

export interface FetchInit {
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  readonly body: URLSearchParams;
  readonly redirect: 'manual';
  readonly signal?: AbortSignal;
}

/** Connections to one issuer, shared with no other: another issuer's certificate or delay never matters here. */
export interface Transport {
  readonly fetch: Fetch;
  /** Ends the connections once the requests under way have ended. */
  close(): Promise<void>;
}

/**
 * Opens connections to an issuer as they are needed, at most as many as its budget allows.
 *
 * @throws Error when a certificate or key file cannot be read
 */
export function createTransport(issuer: IssuerConfiguration): Transport {
  const { timeout, timeouts } = issuer;
  const tls = tlsOptions(issuer);
  const agent = new Agent({
    connections: issuer.budget.concurrency,
    // The signal of each request bounds all of it; these only keep a stuck connection from living longer.
    headersTimeout: timeout,
    bodyTimeout: timeout,
    ...(timeouts === undefined
      ? { connect: { timeout, ...tls } }
      : { connect: limitConnect(tls, timeouts), keepAliveTimeout: timeouts.idle, keepAliveMaxTimeout: timeouts.idle }),
  });
  const dispatcher = timeouts === undefined ? agent : agent.compose(limitHeaders(timeouts.headers));
  return {
    // undici's Response and Node's are one class in two versions; minting uses only what both have.
    fetch: async (url, init) => (await undiciFetch(url, { ...init, dispatcher })) as unknown as Response,
    close: () => agent.close(),
  };
}

/** Made once: reading a system's authorities takes 8 ms, and each connection would do it again. */
function tlsOptions({ clientAuthentication: authentication, caFile }: IssuerConfiguration) {
  const certificate =
    authentication.method === 'tls_client_auth'
      ? { cert: readFileSync(authentication.certificateFile), key: readFileSync(authentication.keyFile) }
      : {};
  const options = { ...certificate, ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) };
  return Object.keys(options).length === 0 ? {} : { secureContext: createSecureContext(options) };
}
