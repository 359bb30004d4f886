import { linkSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createServer } from '../../../control/server/create-server.ts';
import { filterEndpoint } from '../../../control/server/filter.ts';
import { listen, readServerTls } from '../../../control/server/listen.ts';
import { createLogger } from '../../../control/server/logger.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';

let directory: string;
const open: { close(): unknown }[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'broker-'));
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  rmSync(directory, { recursive: true });
});

function server(tls?: Parameters<typeof createServer>[0]['tls']) {
  const policy = {
    table: { revision: '0'.repeat(64), routes: [], unmatched: 'deny' },
    encodedTable: Buffer.from('table'),
  };
  const service = { policy: () => policy };
  const app = createServer({
    endpoint: filterEndpoint(service as unknown as Parameters<typeof filterEndpoint>[0]),
    logger: createLogger('error', { write: () => {} }),
    tls,
  });
  open.push(app);
  return app;
}

const portOf = (app: FastifyInstance) => (app.server.address() as AddressInfo).port;

/** The body of an answer to GET /v1/routes. */
function get(
  send: typeof request,
  options: RequestOptions & { ca?: string; cert?: string; key?: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = send({ path: '/v1/routes', ...options }, (answer: IncomingMessage) => resolve(text(answer)));
    outgoing.on('error', reject).end();
  });
}

describe('a Unix socket', () => {
  const path = () => join(directory, 'broker.sock');

  test('serves with the permissions that were asked for', async () => {
    await listen(server(), 'filter', { path: path(), mode: 0o660 });
    expect(statSync(path()).mode & 0o777).toBe(0o660);
    expect(await get(request, { socketPath: path() })).toBe('table');
  });

  test('takes the place of one that a process which is gone has left', async () => {
    const dead = createNetServer();
    await new Promise<void>((resolve) => dead.listen(path(), resolve));
    // Node removes the file when it closes; a process that is killed does not.
    linkSync(path(), `${path()}.kept`);
    await new Promise((resolve) => dead.close(resolve));
    linkSync(`${path()}.kept`, path());
    await listen(server(), 'filter', { path: path(), mode: 0o600 });
    expect(await get(request, { socketPath: path() })).toBe('table');
  });

  test('is left to the process that serves it', async () => {
    await listen(server(), 'filter', { path: path(), mode: 0o600 });
    await expect(listen(server(), 'filter', { path: path(), mode: 0o600 })).rejects.toThrow(
      /is in use by another process/,
    );
    expect(await get(request, { socketPath: path() })).toBe('table');
  });

  test('never takes the place of a file', async () => {
    writeFileSync(path(), 'precious');
    await expect(listen(server(), 'filter', { path: path(), mode: 0o600 })).rejects.toThrow(/is not a socket/);
  });
});

describe('TLS with client certificates', () => {
  test('gives the table to a client of the right authority, and no word to any other', async () => {
    const [authority, stranger] = [createCertificateAuthority(), createCertificateAuthority('stranger')];
    const file = (name: string, content: string) => {
      writeFileSync(join(directory, name), content);
      return join(directory, name);
    };
    const own = authority.issue('broker.local');
    const tls = readServerTls(
      {
        certificateFile: file('cert.pem', own.certificate),
        keyFile: file('key.pem', own.key),
        clientCaFile: file('ca.pem', authority.certificate),
      },
      readFileSync,
    );
    const app = server(tls);
    await listen(app, 'filter', { host: '127.0.0.1', port: 0 });
    const to = { host: '127.0.0.1', port: portOf(app), ca: authority.certificate, agent: false } as const;
    const filter = authority.issue('filter');
    const other = stranger.issue('filter');
    expect(await get(requestTls, { ...to, cert: filter.certificate, key: filter.key })).toBe('table');
    await expect(get(requestTls, { ...to, cert: other.certificate, key: other.key })).rejects.toThrow();
    await expect(get(requestTls, to)).rejects.toThrow();
    await expect(get(request, { host: '127.0.0.1', port: to.port, agent: false })).rejects.toThrow();
  });
});

test('an address that is taken is an error that names it', async () => {
  const first = server();
  await listen(first, 'filter', { host: '127.0.0.1', port: 0 });
  const port = portOf(first);
  await expect(listen(server(), 'filter', { host: '127.0.0.1', port })).rejects.toThrow(`127.0.0.1:${port}`);
});

test('no host means every interface', async () => {
  const app = server();
  await listen(app, 'check', { host: '', port: 0 });
  expect(await get(request, { host: '127.0.0.1', port: portOf(app), agent: false })).toBe('table');
});
