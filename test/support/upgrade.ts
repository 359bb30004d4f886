import { randomBytes } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Headers } from './request.ts';

/** An accepted WebSocket upgrade: bytes go both ways from here on. */
export interface UpgradedConnection {
  status: number;
  /** Sends bytes and waits until as many came back. */
  echo(bytes: string): Promise<string>;
  close(): void;
}

/**
 * Asks for a WebSocket upgrade (RFC 6455, section 4.1).
 *
 * @throws {Error} `upgrade refused: <status>` when the answer is another.
 */
export async function openWebSocket(port: number, headers: Headers = {}, path = '/'): Promise<UpgradedConnection> {
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path,
    headers: {
      ...headers,
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    },
  });
  const socket = await new Promise<Duplex>((resolve, reject) => {
    outgoing.once('upgrade', (_answer: IncomingMessage, upgraded: Duplex) => resolve(upgraded));
    outgoing.once('response', (answer) => {
      answer.resume();
      reject(new Error(`upgrade refused: ${answer.statusCode}`));
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
  return {
    status: 101,
    async echo(bytes) {
      socket.write(bytes);
      let received = '';
      while (received.length < bytes.length) {
        received += await new Promise<string>((resolve, reject) => {
          socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')));
          socket.once('close', () => reject(new Error('the connection was closed')));
        });
      }
      return received;
    },
    close: () => socket.destroy(),
  };
}
