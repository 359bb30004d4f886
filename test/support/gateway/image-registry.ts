import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from './manifests.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const REPOSITORY = 'envoy-token-broker/filter';

/** A registry of container images with one image, the filter, in the layout that Envoy Gateway calls compat. */
export interface ImageRegistry {
  /** The `image` of an EnvoyExtensionPolicy. */
  readonly image: Manifest;
  stop(): Promise<void>;
}

/** OCI distribution specification 1.1, what pulling takes of it. */
export async function startImageRegistry(module: URL): Promise<ImageRegistry> {
  const layer = archive(module);
  const config = Buffer.from(
    JSON.stringify({ architecture: 'wasm', os: 'wasi', rootfs: { type: 'layers', diff_ids: [] } }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: describe(config, 'application/vnd.oci.image.config.v1+json'),
      layers: [describe(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
    }),
  );
  const blobs = new Map([layer, config].map((blob) => [digest(blob), blob]));
  const server = createServer((request, response) => {
    const [, kind, reference = ''] = /^\/v2\/envoy-token-broker\/filter\/(\w+)\/(.+)$/.exec(request.url ?? '') ?? [];
    const found = kind === 'manifests' ? manifest : blobs.get(reference);
    if (request.url === '/v2/') response.writeHead(200).end();
    else if (found === undefined) response.writeHead(404).end();
    else {
      const type = found === manifest ? MANIFEST : 'application/octet-stream';
      response.writeHead(200, { 'content-type': type, 'content-length': found.length });
      response.end(request.method === 'HEAD' ? undefined : found);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    image: { url: `127.0.0.1:${port}/${REPOSITORY}:v0.1.0`, sha256: digest(manifest).replace('sha256:', '') },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A layer with the module as `plugin.wasm`, where proxies look for it. */
function archive(module: URL): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    copyFileSync(module, join(folder, 'plugin.wasm'));
    return execFileSync('tar', ['-czf', '-', '-C', folder, 'plugin.wasm'], { maxBuffer: 2 ** 24 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function digest(blob: Buffer): string {
  return `sha256:${createHash('sha256').update(blob).digest('hex')}`;
}

function describe(blob: Buffer, mediaType: string): object {
  return { mediaType, digest: digest(blob), size: blob.length };
}
