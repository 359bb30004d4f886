import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Stoppable } from '../launch/started-parts.ts';

/** What the client got, and how long it took. */
export interface TimedAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
  /** From sending the request to the last byte of the answer. */
  milliseconds: number;
}

/** A client with one connection that stays open, so that times compare. */
export interface Exchange extends Stoppable {
  /** @param body of a POST; a GET without one */
  send(path: string, headers: Record<string, string>, body?: string): Promise<TimedAnswer>;
}

/** @param port Envoy's, on 127.0.0.1 */
export function openExchange(port: number): Exchange {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    async send(path, headers, body) {
      const start = performance.now();
      const message = await new Promise<IncomingMessage>((resolve, reject) => {
        const method = body === undefined ? 'GET' : 'POST';
        request({ host: '127.0.0.1', port, method, path, headers, agent }, resolve).once('error', reject).end(body);
      });
      const received = await text(message);
      const milliseconds = performance.now() - start;
      return { status: message.statusCode ?? 0, headers: message.headers, body: received, milliseconds };
    },
    async stop() {
      agent.destroy();
    },
  };
}
