import { chmodSync, statSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ListenAddress, ListenerTls, UnixAddress } from '../config/configuration.ts';
import type { ServerTls } from './create-server.ts';

/** ms in which a process that serves a socket accepts a connection. */
const PROBE_TIMEOUT = 1000;

export type ListenOptions = ({ readonly host: string; readonly port: number } | { readonly path: string }) & {
  /** What the log says of an address. */
  readonly listenTextResolver: (address: string) => string;
};

/** A server that does not listen yet: Fastify's, or gRPC's. */
export interface Listening {
  /** @returns the address */
  listen(options: ListenOptions): Promise<string>;
}

/** Reads a listener's certificate files. @throws an error of node:fs */
export function readServerTls(
  { certificateFile, keyFile, clientCaFile }: ListenerTls,
  readFile: (path: string) => Buffer,
): ServerTls {
  return {
    certificate: readFile(certificateFile),
    key: readFile(keyFile),
    clientCa: clientCaFile === undefined ? undefined : readFile(clientCaFile),
  };
}

/**
 * Opens a server's listener. A Unix socket gets its permissions before anyone can connect, and takes the place of one
 * that a process which is gone has left.
 *
 * @param name the listener's, for the log
 * @throws Error naming the address
 */
export async function listen(app: Listening, name: string, address: ListenAddress): Promise<void> {
  const listenTextResolver = (where: string) => `${name} listens at ${where}`;
  if (!('path' in address)) {
    const { host, port } = address;
    await app.listen({ port, host: host || wildcard(), listenTextResolver });
    return;
  }
  await removeStaleSocket(address);
  await listenOnSocket(app, address, listenTextResolver);
}

/** IPv6's wildcard takes IPv4 too, but cannot be bound where IPv6 is switched off. */
function wildcard(): string {
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.some((address) => address?.family === 'IPv6') ? '::' : '0.0.0.0';
}

async function listenOnSocket(
  app: Listening,
  { path, mode }: UnixAddress,
  listenTextResolver: (where: string) => string,
): Promise<void> {
  const umask = process.umask(0o177);
  try {
    await app.listen({ path, listenTextResolver });
  } finally {
    process.umask(umask);
  }
  chmodSync(path, mode);
}

async function removeStaleSocket({ path }: UnixAddress): Promise<void> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    return;
  }
  if (!found.isSocket()) {
    throw new Error(`${path} exists and is not a socket`);
  }
  if (await isServed(path)) {
    throw new Error(`${path} is in use by another process`);
  }
  unlinkSync(path);
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const finish = (served: boolean) => {
      socket.destroy();
      resolve(served);
    };
    socket.setTimeout(PROBE_TIMEOUT, () => finish(true));
    socket.once('connect', () => finish(true));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code !== 'ECONNREFUSED'));
  });
}
