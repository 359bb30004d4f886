import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limitConnect } from '../../../control/mint/limit-connect.ts';
import { answerToken, type IssuerStub, startIssuerStub } from '../../support/issuer-stub.ts';
import { issuerAt, minterFor, refusalOf, tokenRequest } from './minting.ts';

const LIMITS = { connect: 5000, tlsHandshake: 5000, headers: 100, idle: 5000 };

/** What a connection ends in. */
function connect(port: number, limits: { connect: number; tlsHandshake: number }, lookup?: () => void) {
  const connector = limitConnect(lookup === undefined ? {} : { lookup }, limits);
  const target = { hostname: 'localhost', host: 'localhost', protocol: 'https:', port: `${port}` };
  return new Promise<Error | null>((resolve) => {
    connector(target, (error, socket) => {
      socket?.destroy();
      resolve(error);
    });
  });
}

describe('a connection', () => {
  test('that does not come in time is given up, while its name is looked for', async () => {
    const error = await connect(1, { connect: 50, tlsHandshake: 5000 }, () => {});
    expect(error?.message).toBe('no connection within 50 ms');
  });

  test('whose TLS handshake does not end in time is given up', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const error = await connect(port, { connect: 5000, tlsHandshake: 50 });
    expect(error?.message).toBe('no TLS handshake within 50 ms');
    server.close();
  });
});

describe('an answer', () => {
  let stub: IssuerStub;
  beforeEach(async () => {
    stub = await startIssuerStub();
  });
  afterEach(() => stub.close());

  const ask = async () => {
    const minter = minterFor(issuerAt(stub.tokenEndpoint, { timeout: 20_000, timeouts: LIMITS }));
    try {
      return await minter.mint(tokenRequest());
    } finally {
      await minter.close();
    }
  };

  test('that does not begin in time is given up, long before the request as a whole', async () => {
    stub.respondWith(async (response, request) => {
      await delay(10_000, undefined, { ref: false });
      answerToken()(response, request);
    });
    const refusal = await refusalOf(ask());
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', status: 503 });
    expect(String((refusal.cause as Error).message)).toContain('UND_ERR_HEADERS_TIMEOUT');
  });

  test('that begins in time may take longer', async () => {
    stub.respondWith(async (response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      await delay(4 * LIMITS.headers);
      response.end('{"access_token":"late","token_type":"Bearer"}');
    });
    expect((await ask()).accessToken.reveal()).toBe('late');
  });
});
