import { createServer } from 'node:net';

/** Returns that many different ports on which nothing listens on 127.0.0.1 at the moment. */
export async function findFreePorts(count: number): Promise<number[]> {
  // All are held at once before any is let go, or the system could hand out the same one twice.
  const servers = await Promise.all(Array.from({ length: count }, () => listenAnywhere()));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listenAnywhere() {
  const server = createServer();
  return new Promise<typeof server>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
