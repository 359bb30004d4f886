import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, type ClusterOptions } from '../../../../control/kubernetes/cluster/cluster.ts';
import { createCertificateAuthority } from '../../../support/certificates.ts';

export type Respond = (request: IncomingMessage, response: ServerResponse) => void;

/** A server in the place of an API server. */
export interface ApiStub {
  readonly url: URL;
  readonly caFile: string;
  /** Holds the token that {@link connect} sends. */
  readonly tokenFile: string;
  /** Requests so far, as `METHOD path`. */
  readonly requests: string[];
  respondWith(respond: Respond): void;
  connect(options?: Partial<ClusterOptions> & { timeout?: number }): Promise<Cluster>;
  stop(): Promise<void>;
}

export const TOKEN = 'planted-bearer-token';

export async function startApiStub(): Promise<ApiStub> {
  const authority = createCertificateAuthority();
  const { certificate: cert, key } = authority.issue('localhost');
  const folder = mkdtempSync(join(tmpdir(), 'api-stub-'));
  const [caFile, tokenFile] = [join(folder, 'ca.crt'), join(folder, 'token')];
  writeFileSync(caFile, authority.certificate);
  writeFileSync(tokenFile, TOKEN);
  const requests: string[] = [];
  let respond: Respond = (_request, response) => response.end();
  const server = createServer({ cert, key }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`https://127.0.0.1:${(server.address() as { port: number }).port}/prefix/`);
  return {
    ...{ url, caFile, tokenFile, requests },
    respondWith: (next) => {
      respond = next;
    },
    connect: ({ timeout = 5000, ...options } = {}) => {
      const clock = { now: () => Date.now(), monotonic: () => performance.now() };
      const access = { kind: 'url', url, caFile, tokenFile } as const;
      return Cluster.open({ name: 'stub', access, timeout }, { clock, reloadInterval: 3_600_000, ...options });
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

/** Answers with a status and a body, a `Status` of Kubernetes where it is no text. */
export function answer(status: number, body: string | object = '{}', headers: Record<string, string> = {}): Respond {
  const text = typeof body === 'string' ? body : JSON.stringify({ kind: 'Status', ...body });
  return (_request, response) => response.writeHead(status, headers).end(text);
}
