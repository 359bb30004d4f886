import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/**
 * Sends bytes that no HTTP library would, and gives all that comes back.
 *
 * @param head the request line and the header fields, one a line, each character a byte
 */
export async function requestRaw(port: number, ...head: string[]): Promise<{ status: number; answer: string }> {
  const socket = connect(port, '127.0.0.1');
  socket.write(Buffer.from(`${[...head, 'connection: close'].join('\r\n')}\r\n\r\n`, 'latin1'));
  const answer = await text(socket);
  return { status: Number(answer.split(' ')[1]), answer };
}
