import { isIP } from 'node:net';
import type { ListenAddress, TcpAddress } from './configuration.ts';

/** Linux's limit on a socket's path is 108 bytes with the terminating zero; macOS allows 104. */
const MAXIMUM_PATH_BYTES = 103;

/**
 * Reads `:8080`, `host:port`, `[::1]:8080` or `unix:/path`.
 *
 * @param socketMode permissions for a Unix socket
 * @returns undefined when it is none of these
 */
export function parseListenAddress(text: string, socketMode: number): ListenAddress | undefined {
  const path = /^unix:(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) {
    return Buffer.byteLength(path) <= MAXIMUM_PATH_BYTES ? { path, mode: socketMode } : undefined;
  }
  const [, bracketed, name, port] = /^(?:\[([^\]]+)\]|([^:\s/]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6)) {
    return undefined;
  }
  return { host: bracketed ?? name ?? '', port: Number(port) };
}

/** Whether only this machine can connect. */
export function isLocal(address: ListenAddress): boolean {
  return 'path' in address || isLoopback(address);
}

function isLoopback({ host }: TcpAddress): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
