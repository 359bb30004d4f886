import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { OAuthClient } from './clients.ts';
import { serveLogin } from './login.ts';
import { People, type Person } from './people.ts';
import { createProvider } from './provider.ts';
import { type RequestFilter, Tally } from './tally.ts';

export type { OAuthClient } from './clients.ts';

export interface OAuthServerOptions {
  /** 0, the default: any free port. */
  readonly port?: number;
  /** The address to listen on, `127.0.0.1` by default. */
  readonly host?: string;
  readonly clients: readonly OAuthClient[];
  /** Who can log in to clients that have redirect URIs; nobody by default. */
  readonly people?: readonly Person[];
  /** Whom tokens are exchanged for, besides `https://backend.example`. */
  readonly audiences?: readonly string[];
  /** Seconds, 300 by default. */
  readonly tokenLifetimeSeconds?: number;
  readonly accessTokenFormat?: 'jwt' | 'opaque';
  /** PEM. Clients that authenticate with a certificate need one that `clientCa` signed. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly clientCa?: string };
}

/** What happens to token requests instead of, or before, an answer of the provider. */
export interface Fault {
  /** ms to wait first. */
  readonly delay?: number;
  /** Answers with this status and no token. */
  readonly status?: number;
  /** Sent along with `status`. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OAuthServer {
  /** The issuer. */
  readonly url: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  /** Where a login begins. */
  readonly authorizationEndpoint: string;
  /** Where a session ends (OpenID Connect RP-Initiated Logout). */
  readonly endSessionEndpoint: string;
  /** Token requests that the provider answered, those refused included. */
  countRequests(filter?: RequestFilter): number;
  /** Lifetime of tokens granted from now on, in seconds. */
  setTokenLifetime(seconds: number): void;
  /** What happens to token requests from now on; undefined: nothing out of the ordinary. */
  setFault(fault: Fault | undefined): void;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts an OAuth server that grants client credentials, exchanges tokens and logs people in; its tokens are JWTs unless said
 * otherwise.
 */
export async function startOAuthServer(options: OAuthServerOptions): Promise<OAuthServer> {
  let tokenLifetime = options.tokenLifetimeSeconds ?? 300;
  let fault: Fault | undefined;
  let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => {
    response.writeHead(503).end();
  };
  const { server, url } = await listen(options, (request, response) => answer(request, response));

  const people = new People(options.people ?? []);
  const provider = createProvider({
    issuer: url,
    clients: options.clients,
    people,
    audiences: options.audiences ?? [],
    accessTokenFormat: options.accessTokenFormat ?? 'jwt',
    tokenLifetime: () => tokenLifetime,
  });
  const tally = new Tally(provider);
  const serve = provider.callback();
  answer = async (request, response) => {
    const met = request.url === '/token' ? fault : undefined;
    if (met?.delay !== undefined) await delay(met.delay, undefined, { ref: false });
    if (met?.status !== undefined) response.writeHead(met.status, met.headers).end();
    else if (!(await serveLogin(provider, people, request, response))) await serve(request, response);
  };

  return {
    url,
    tokenEndpoint: `${url}/token`,
    jwksUri: `${url}/jwks`,
    authorizationEndpoint: `${url}/auth`,
    endSessionEndpoint: `${url}/session/end`,
    countRequests: (filter) => tally.count(filter),
    setTokenLifetime: (seconds) => {
      tokenLifetime = seconds;
    },
    setFault: (next) => {
      fault = next;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(
  options: OAuthServerOptions,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
) {
  const { tls } = options;
  const server =
    tls === undefined
      ? createHttpServer(handler)
      : createHttpsServer(
          // An unknown certificate is the provider's to refuse, with an answer rather than a broken handshake.
          { cert: tls.certificate, key: tls.key, ca: tls.clientCa, requestCert: true, rejectUnauthorized: false },
          handler,
        );
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { server, url: `${tls === undefined ? 'http' : 'https'}://${authority}` };
}
