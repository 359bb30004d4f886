import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp1 } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** Header fields of a request; a list sends the field several times. */
export type Headers = Record<string, string | string[]>;

export interface RequestOptions {
  /** On 127.0.0.1. */
  port: number;
  method?: string;
  path?: string;
  headers?: Headers;
  /** A stream is sent as it comes, chunked. */
  body?: string | Readable;
  /** Sent after the body, which is then chunked. */
  trailers?: Record<string, string>;
  /** Aborts the request: its connection is closed. */
  signal?: AbortSignal;
}

/** What the client got. */
export interface Answer {
  status: number;
  /** By lower-case name; several of one name joined by ", ". */
  headers: Record<string, string>;
  body: string;
  trailers: Record<string, string>;
}

/** Sends one HTTP/1.1 request over a connection of its own, so that requests spread over Envoy's workers. */
export async function request(options: RequestOptions): Promise<Answer> {
  const { port, method = 'GET', path = '/', headers = {}, body, trailers, signal } = options;
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = requestHttp1(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        headers,
        agent: false,
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    outgoing.once('error', reject);
    if (body instanceof Readable) {
      body.pipe(outgoing);
    } else if (trailers !== undefined) {
      outgoing.setHeader('transfer-encoding', 'chunked');
      outgoing.setHeader('trailer', Object.keys(trailers).join(', '));
      outgoing.write(body ?? '');
      outgoing.addTrailers(trailers);
      outgoing.end();
    } else {
      // Node sends the body of a DELETE or OPTIONS without saying that there is one.
      if (body !== undefined && !outgoing.hasHeader('content-length')) {
        outgoing.setHeader('content-length', Buffer.byteLength(body));
      }
      outgoing.end(body);
    }
  });
  return {
    status: message.statusCode ?? 0,
    headers: joinFields(message.headers),
    body: await text(message),
    trailers: joinFields(message.trailers),
  };
}

/** Header fields as plain text by name, without HTTP/2's pseudo-headers; several of one name are joined by ", ". */
export function joinFields(fields: IncomingHttpHeaders | NodeJS.Dict<string>): Record<string, string> {
  const plain = Object.entries(fields).filter(([name]) => !name.startsWith(':'));
  return Object.fromEntries(
    plain.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}
