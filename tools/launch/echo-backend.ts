import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { answerUpgrade } from './echo-upgrade.ts';

const HTTP2_PREFACE = 'PRI ';

/** A request as the backend received it. */
export interface ReceivedRequest {
  method: string;
  path: string;
  httpVersion: string;
  /** By lower-case name; several of one name are joined as Node joins them. */
  headers: Record<string, string | string[] | undefined>;
  /** In the order received, names as sent, duplicates kept. */
  headerPairs: [string, string][];
  body: string;
  trailers: Record<string, string | undefined>;
}

/** What the backend answers. */
export interface BackendAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  trailers?: Record<string, string>;
}

export interface EchoBackend {
  port: number;
  /** Everything received so far, oldest first; requests are added once their body is complete. */
  requests: ReceivedRequest[];
  /** The most recent request. */
  last(): ReceivedRequest;
  /** Decides the answer from now on; without it the answer is 200 and the request as JSON. */
  answer(decide: ((request: ReceivedRequest) => BackendAnswer) | undefined): void;
  stop(): Promise<void>;
}

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** Starts a backend that records what it receives, and speaks HTTP/1.1, HTTP/2 without TLS and WebSocket on one port. */
export async function startEchoBackend(port = 0): Promise<EchoBackend> {
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  let decide: ((request: ReceivedRequest) => BackendAnswer) | undefined;
  const handle = async (request: Request, response: Response): Promise<void> => {
    const received = await receive(request);
    requests.push(received);
    send(response, decide?.(received) ?? { status: 200, body: `${JSON.stringify(received, null, 2)}\n` });
  };
  const ignoreReset = (): void => {};
  const http1 = createHttp1((request, response) => void handle(request, response).catch(ignoreReset));
  const http2 = createHttp2((request, response) => void handle(request, response).catch(ignoreReset));
  http1.on('upgrade', (request, socket) => {
    requests.push(describe(request, ''));
    answerUpgrade(request, socket);
  });
  // Node sets noDelay on HTTP/2 sockets itself, but cannot see the one below: window updates would wait for 40 ms each.
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', ignoreReset);
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      if (first.toString('latin1', 0, HTTP2_PREFACE.length) !== HTTP2_PREFACE) http1.emit('connection', socket);
      // Given the socket itself, Node would read the unshifted bytes before it listens for streams, and refuse the first.
      else http2.emit('connection', Duplex.from({ readable: socket, writable: socket }).on('error', ignoreReset));
      socket.resume();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve());
  });
  return {
    port: (server.address() as { port: number }).port,
    requests,
    last() {
      const request = requests.at(-1);
      if (request === undefined) throw new Error('the backend has received no request');
      return request;
    },
    answer(next) {
      decide = next;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function receive(request: Request): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return describe(request, Buffer.concat(chunks).toString('utf8'));
}

function describe(request: Request, body: string): ReceivedRequest {
  const { rawHeaders } = request;
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    httpVersion: request.httpVersion,
    // Node's HTTP/2 headers hold a symbol as well, which no comparison should meet.
    headers: Object.fromEntries(Object.entries(request.headers)),
    headerPairs: rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ''] as const] : [])) as [
      string,
      string,
    ][],
    body,
    trailers: Object.fromEntries(Object.entries(request.trailers)) as Record<string, string | undefined>,
  };
}

function send(response: Response, answer: BackendAnswer): void {
  const headers: Record<string, string> = { 'content-type': 'application/json', ...answer.headers };
  const { trailers } = answer;
  if (trailers !== undefined && response.req.httpVersionMajor === 1) headers.trailer = Object.keys(trailers).join(', ');
  // The two classes have the same methods, but TypeScript cannot call a union of their overloads.
  const http = response as ServerResponse;
  http.writeHead(answer.status, headers);
  if (trailers !== undefined) {
    http.write(answer.body ?? '');
    http.addTrailers(trailers);
    http.end();
  } else {
    http.end(answer.body ?? '');
  }
}
