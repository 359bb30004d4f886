import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What the stub was asked. */
export interface StubRequest {
  readonly method: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly form: URLSearchParams;
}

/** Answers one token request, well or badly; `response.socket` allows for what is not HTTP. */
export type Respond = (response: ServerResponse, request: StubRequest) => unknown;

/** A token endpoint that does as each test says. */
export interface IssuerStub {
  readonly tokenEndpoint: URL;
  readonly requests: readonly StubRequest[];
  /** Answers from now on in another way. */
  respondWith(respond: Respond): void;
  /** Ends all connections, those in the midst of an answer too. */
  close(): Promise<void>;
}

/** Starts a token endpoint on a free port of the loopback interface. */
export async function startIssuerStub(respond: Respond = answerToken()): Promise<IssuerStub> {
  const requests: StubRequest[] = [];
  let current = respond;
  const server = createServer(async (incoming, response) => {
    const request = {
      method: incoming.method,
      headers: incoming.headers,
      form: new URLSearchParams(await text(incoming)),
    };
    requests.push(request);
    await current(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    tokenEndpoint: new URL(`http://127.0.0.1:${port}/token`),
    requests,
    respondWith: (next) => {
      current = next;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A body as it stands, with a status and headers. */
export function answer(
  body: string | Uint8Array,
  status = 200,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Respond {
  return (response) => {
    response.writeHead(status, headers).end(body);
  };
}

/** A token response that is right but for the members given; undefined leaves one out. */
export function answerToken(members: Record<string, unknown> = {}): Respond {
  return answer(JSON.stringify({ access_token: 'stub-token', token_type: 'Bearer', expires_in: 300, ...members }));
}
