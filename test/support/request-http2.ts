import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { Readable } from 'node:stream';
import { type Answer, type Headers, joinFields } from './request.ts';

export interface Http2RequestOptions {
  method?: string;
  path?: string;
  headers?: Headers;
  body?: string | Readable;
  /** Sent after the body. */
  trailers?: Record<string, string>;
  /** Resets the stream. */
  signal?: AbortSignal;
}

/** One HTTP/2 connection without TLS; its requests are streams side by side, and meet one Envoy worker. */
export class Http2Connection {
  readonly #session: ClientHttp2Session;

  /** @param port on 127.0.0.1 */
  constructor(port: number) {
    this.#session = connect(`http://127.0.0.1:${port}`);
    // Each request reports the error too.
    this.#session.on('error', () => {});
  }

  async request(options: Http2RequestOptions = {}): Promise<Answer> {
    const { method = 'GET', path = '/', headers = {}, body, trailers, signal } = options;
    const stream = this.#session.request(
      { ':method': method, ':path': path, ...headers },
      {
        endStream: body === undefined && trailers === undefined,
        waitForTrailers: trailers !== undefined,
        ...(signal === undefined ? {} : { signal }),
      },
    );
    if (trailers !== undefined) stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    if (body instanceof Readable) body.pipe(stream);
    else if (body !== undefined || trailers !== undefined) stream.end(body);
    let answer: IncomingHttpHeaders = {};
    let last: IncomingHttpHeaders = {};
    stream.once('response', (fields) => {
      answer = fields;
    });
    stream.once('trailers', (fields) => {
      last = fields;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return {
      status: Number(answer[':status']),
      headers: joinFields(answer),
      body: Buffer.concat(chunks).toString('utf8'),
      trailers: joinFields(last),
    };
  }

  close(): void {
    this.#session.destroy();
  }
}

/** Sends one HTTP/2 request over a connection of its own. */
export async function requestHttp2(port: number, options: Http2RequestOptions = {}): Promise<Answer> {
  const connection = new Http2Connection(port);
  try {
    return await connection.request(options);
  } finally {
    connection.close();
  }
}
