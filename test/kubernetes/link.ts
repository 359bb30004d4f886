import { connect, createServer, type Socket } from 'node:net';

/** A way to a server over which connections break when a test wants it; what is sent is not looked at. */
export interface Link {
  readonly port: number;
  /** Breaks all connections, and takes new ones. */
  cut(): void;
  /** Breaks all connections and refuses new ones, until it is mended. */
  break(): void;
  mend(): void;
  /** Leaves connections open and passes nothing on any more, as when a machine on the way has vanished. */
  freeze(): void;
  stop(): Promise<void>;
}

/** @param target `https://host:port` of the server */
export async function startLink(target: string): Promise<Link> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<readonly [Socket, Socket]>();
  let broken = false;
  const server = createServer((near) => {
    if (broken) {
      near.destroy();
      return;
    }
    const far = connect(Number(port), hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket
        .on('error', () => {})
        .on('close', () => {
          for (const end of pair) end.destroy();
          pairs.delete(pair);
        });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const [near, far] of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  };
  return {
    port: (server.address() as { port: number }).port,
    cut,
    break: () => {
      broken = true;
      cut();
    },
    mend: () => {
      broken = false;
    },
    freeze: () => {
      for (const [near, far] of pairs) {
        near.unpipe();
        far.unpipe();
      }
    },
    stop: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
