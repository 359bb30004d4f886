import type { Socket } from 'node:net';
import { buildConnector, errors } from 'undici';

interface ConnectLimits {
  /** ms for the name and the TCP connection. */
  readonly connect: number;
  /** ms after that. */
  readonly tlsHandshake: number;
}

/**
 * Makes connections that are there in time, in both of their parts. undici's own timer is a second coarse and knows but one.
 *
 * @param options of `tls.connect`
 */
export function limitConnect(
  options: buildConnector.BuildOptions,
  { connect, tlsHandshake }: ConnectLimits,
): buildConnector.connector {
  const connector = buildConnector({ ...options, timeout: connect + tlsHandshake });
  return (target, answer) => {
    const expire = (what: string, limit: number) =>
      setTimeout(() => socket.destroy(new errors.ConnectTimeoutError(`no ${what} within ${limit} ms`)), limit);
    // What it gives is the socket, though its type does not say so.
    const socket = connector(target, (...result) => {
      clearTimeout(timer);
      answer(...result);
    }) as unknown as Socket;
    let timer = expire('connection', connect);
    socket.once('connect', () => {
      clearTimeout(timer);
      if (target.protocol === 'https:') timer = expire('TLS handshake', tlsHandshake);
    });
  };
}
