import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** What happens to token requests on their way. */
export interface Fault {
  /** ms to wait first. */
  delay?: number;
  /** Waited for first. */
  until?: Promise<unknown>;
  /** Answered instead of passing the request on. */
  status?: number;
  /** Closes the connection instead of answering. */
  hangsUp?: boolean;
}

/** Stands in front of a token endpoint, so that tests see what it was asked and can disturb it, whichever it is. */
export interface IssuerProxy {
  tokenEndpoint: string;
  /** Token requests that arrived so far. */
  requests(): number;
  /** Access tokens granted so far, oldest first. */
  tokens(): string[];
  /** The `traceparent` of each token request so far, oldest first; undefined where it had none. */
  traceparents(): (string | undefined)[];
  /** Disturbs token requests from now on; undefined ends that. */
  disturb(fault: Fault | undefined): void;
  stop(): Promise<void>;
}

const FORWARDED = ['authorization', 'content-type', 'accept'];

/** Starts a proxy for the token endpoint `target`. */
export async function startIssuerProxy(target: string): Promise<IssuerProxy> {
  const tokens: string[] = [];
  const traceparents: (string | undefined)[] = [];
  let requests = 0;
  let fault: Fault | undefined;
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    requests += 1;
    traceparents.push(incoming.headers.traceparent?.toString());
    const { delay, until, status, hangsUp } = fault ?? {};
    if (delay !== undefined) await new Promise((resolve) => setTimeout(resolve, delay));
    await until;
    if (hangsUp === true) {
      outgoing.destroy();
      return;
    }
    if (status !== undefined) {
      outgoing.writeHead(status).end();
      return;
    }
    const answer = await forward(target, incoming);
    const body = await answer.text();
    const token = readToken(body);
    if (token !== undefined) tokens.push(token);
    outgoing.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' }).end(body);
  };
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing).catch(() => outgoing.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    tokenEndpoint: `http://127.0.0.1:${(server.address() as { port: number }).port}/token`,
    requests: () => requests,
    tokens: () => [...tokens],
    traceparents: () => [...traceparents],
    disturb(next) {
      fault = next;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function forward(target: string, incoming: IncomingMessage): Promise<Response> {
  const headers = FORWARDED.flatMap((name) => {
    const value = incoming.headers[name];
    return typeof value === 'string' ? [[name, value] as [string, string]] : [];
  });
  return fetch(target, { method: 'POST', headers, body: await text(incoming) });
}

function readToken(body: string): string | undefined {
  try {
    const { access_token } = JSON.parse(body) as { access_token?: string };
    return access_token;
  } catch {
    return undefined;
  }
}
