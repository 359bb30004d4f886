import { createServer, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** In PEM. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Answers a request, well or badly. */
export type Serve = (response: ServerResponse, path: string) => unknown;

/** Where a provider publishes its keys; it does as each test says. */
export interface KeySetServer {
  /** Without a slash at its end. */
  readonly url: string;
  /** Of each request, in order. */
  readonly paths: readonly string[];
  serve(serve: Serve): void;
  /** Ends all connections, those in the midst of an answer too. */
  stop(): Promise<void>;
}

/** @param certificate makes it an HTTPS server, named localhost */
export async function startKeySetServer(serve: Serve, certificate?: ServerCertificate): Promise<KeySetServer> {
  const paths: string[] = [];
  let current = serve;
  const listener = ({ url = '/' }: { url?: string | undefined }, response: ServerResponse) => {
    paths.push(url);
    current(response, url);
  };
  const server =
    certificate === undefined
      ? createServer(listener)
      : createTlsServer({ cert: certificate.certificate, key: certificate.key }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: certificate === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    paths,
    serve: (next) => {
      current = next;
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A document as it stands. */
export function document(text: string | Uint8Array, headers: Record<string, string> = {}, status = 200): Serve {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  };
}
