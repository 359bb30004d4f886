import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Manifest } from './manifests.ts';

/** A web server with Wasm modules, each under a URL that its content decides. */
export interface ModuleServer {
  /** The `code` of an EnvoyExtensionPolicy that loads this file. */
  publish(file: string | URL): Manifest;
  stop(): Promise<void>;
}

export async function startModuleServer(): Promise<ModuleServer> {
  const modules = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const module = modules.get(request.url ?? '');
    if (module === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'application/wasm' }).end(module);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    publish(file) {
      const module = readFileSync(file);
      const sha256 = createHash('sha256').update(module).digest('hex');
      const path = `/${sha256}/filter.wasm`;
      modules.set(path, module);
      return { type: 'HTTP', http: { url: `http://127.0.0.1:${port}${path}`, sha256 } };
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
