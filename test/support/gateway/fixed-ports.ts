import { createServer } from 'node:net';

/** Where Envoy Gateway listens, and the Envoy that it starts, whatever they are told. */
const FIXED_PORTS: ReadonlyMap<number, string> = new Map([
  [8081, "Envoy Gateway's health check"],
  [18000, "Envoy Gateway's xDS server"],
  [18002, "Envoy Gateway's server of Wasm modules"],
  [19000, "Envoy Gateway's admin interface"],
  [19001, "Envoy Gateway's metrics"],
  [19003, "Envoy's readiness"],
]);

/** @throws {Error} that names each port which is taken */
export async function requireFixedPorts(): Promise<void> {
  const taken: string[] = [];
  for (const [port, purpose] of FIXED_PORTS) {
    // Something on one address alone is in the way too.
    const free = (await isFree(port, '0.0.0.0')) && (await isFree(port, '127.0.0.1'));
    if (!free) taken.push(`${port} (${purpose})`);
  }
  if (taken.length > 0) {
    throw new Error(
      `Envoy Gateway cannot start: something else listens on ${taken.join(', ')}. Its ports are fixed, so only one can run on a machine.`,
    );
  }
}

function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
