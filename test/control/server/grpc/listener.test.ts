import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGrpcServer, type GrpcServer } from '../../../../control/server/grpc/create-grpc-server.ts';
import { listen } from '../../../../control/server/listen.ts';
import { createLogger } from '../../../../control/server/logger.ts';
import type { Service } from '../../../../control/server/service.ts';
import { createCertificateAuthority } from '../../../support/certificates.ts';
import { CheckClient, rawHeaders } from '../../../support/check-client.ts';
import { type Booted, boot, CREDENTIALS } from '../../boot.ts';
import { connectGrpc } from './connect.ts';

let directory: string;
const open: { close(): unknown }[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'broker-'));
});

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  rmSync(directory, { recursive: true });
});

function keep<Part extends { close(): unknown }>(part: Part): Part {
  open.push(part);
  return part;
}

const ANY_PORT = { host: '127.0.0.1', port: 0, listenTextResolver: (address: string) => address };
const authority = createCertificateAuthority();
const { certificate, key } = authority.issue('localhost');
const serverTls = (clientCa?: string) => ({
  certificate: Buffer.from(certificate),
  key: Buffer.from(key),
  clientCa: clientCa === undefined ? undefined : Buffer.from(clientCa),
});

const NOTHING_YET = undefined as unknown as Service;

describe('a Unix socket', () => {
  test('serves with the permissions that were asked for, in the place of a stale one', async () => {
    const path = join(directory, 'grpc.sock');
    const server = () => createGrpcServer({ service: NOTHING_YET, logger: silent(), tls: undefined });
    await listen(keep(server()), 'grpc', { path, mode: 0o660 });
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(await keep(new CheckClient(`unix:${path}`)).health()).toEqual({ status: 2 });
    await expect(listen(keep(server()), 'grpc', { path, mode: 0o660 })).rejects.toThrow('is in use');
  });

  test('is left alone where it is no socket', async () => {
    const path = join(directory, 'file');
    writeFileSync(path, '');
    const server = keep(createGrpcServer({ service: NOTHING_YET, logger: silent(), tls: undefined }));
    await expect(listen(server, 'grpc', { path, mode: 0o660 })).rejects.toThrow('not a socket');
  });
});

describe('TLS', () => {
  const start = (clientCa?: string): Promise<string> => {
    const tls = serverTls(clientCa);
    const server: GrpcServer = keep(createGrpcServer({ service: NOTHING_YET, logger: silent(), tls }));
    return server.listen(ANY_PORT);
  };
  const channel = (shown?: { certificate: string; key: string }) =>
    credentials.createSsl(
      Buffer.from(authority.certificate),
      shown ? Buffer.from(shown.key) : null,
      shown ? Buffer.from(shown.certificate) : null,
    );

  test('serves clients without a certificate where none is asked for', async () => {
    const client = keep(new CheckClient(await start(), channel()));
    expect(await client.health()).toEqual({ status: 2 });
  });

  test('serves a client with a certificate of the right authority, and nobody else', async () => {
    const clients = createCertificateAuthority();
    const address = await start(clients.certificate);
    const known = keep(new CheckClient(address, channel(clients.issue('envoy'))));
    expect(await known.health()).toEqual({ status: 2 });
    for (const shown of [undefined, createCertificateAuthority().issue('envoy')]) {
      await expect(keep(new CheckClient(address, channel(shown))).health()).rejects.toMatchObject({ code: 14 });
    }
  });
});

describe('closing', () => {
  test('lets calls under way finish, and ends connections that ask nothing', async () => {
    let answer: (members: Record<string, string | number>) => void = () => {};
    let asked: () => void = () => {};
    const reached = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const booted: Booted = boot({
      environment: { GRPC_LISTEN_ADDR: '127.0.0.1:0' },
      issuer: () => {
        asked();
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    const client = keep(await connectGrpc(booted));
    const waiting = client.check(rawHeaders({ headers: CREDENTIALS }));
    await reached;
    const closed = booted.close();
    answer({ access_token: 'late', expires_in: 300 });
    expect((await waiting).status.code).toBe(0);
    await closed;
    await expect(client.health()).rejects.toMatchObject({ code: 14 });
  });

  test.each([
    ['without TLS', undefined],
    ['before its TLS handshake', serverTls()],
  ])('ends a connection on which nothing was ever sent, %s', async (_when, tls) => {
    const server = createGrpcServer({ service: NOTHING_YET, logger: silent(), tls });
    const [host, port] = (await server.listen(ANY_PORT)).split(':');
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    const ended = once(socket.resume(), 'close');
    await server.close();
    await ended;
  });

  test('is harmless before listening', async () => {
    await createGrpcServer({ service: NOTHING_YET, logger: silent(), tls: undefined }).close();
  });
});

function silent() {
  return createLogger('error', { write: () => {} });
}
