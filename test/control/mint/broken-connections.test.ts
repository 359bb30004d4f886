import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAXIMUM_ANSWER } from '../../../control/mint/answer.ts';
import { answer, answerToken, type IssuerStub, type Respond, startIssuerStub } from '../../support/issuer-stub.ts';
import { type ClosableMinter, issuerAt, minterFor, refusalOf, tokenRequest } from './minting.ts';

const TIMEOUT = 300;

let stub: IssuerStub;
let minter: ClosableMinter;

beforeEach(async () => {
  stub = await startIssuerStub();
  minter = minterFor(issuerAt(stub.tokenEndpoint, { timeout: TIMEOUT }));
});

afterEach(async () => {
  await stub.close();
  await minter.close();
});

describe('an issuer that gives no whole answer is unavailable (503)', () => {
  test.each<[string, Respond]>([
    ['it never answers', () => {}],
    ['it sends headers only', (response) => response.writeHead(200).flushHeaders()],
    [
      'its body never ends',
      (response) => {
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
    [
      'its headers never end',
      (response) => {
        const { socket } = response;
        socket?.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket?.write('x-more: and more\r\n'), 20);
        socket?.on('close', () => clearInterval(timer));
      },
    ],
  ])('%s', async (_name, respond) => {
    stub.respondWith(respond);
    const start = performance.now();
    const refusal = await refusalOf(minter.mint(tokenRequest()));
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', status: 503, message: 'oauth provider unavailable' });
    expect(refusal.retryAfter).toBeGreaterThanOrEqual(1);
    expect(performance.now() - start).toBeLessThan(TIMEOUT * 4);
  });

  test.each<[string, Respond]>([
    ['it hangs up', (response) => response.socket?.destroy()],
    ['it resets the connection', (response) => response.socket?.resetAndDestroy()],
    ['it does not speak HTTP', (response) => response.socket?.end('220 smtp.example ESMTP\r\n')],
    [
      'its body is cut off',
      (response) => response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"access'),
    ],
    ['its headers are huge', answer('{}', 200, { 'x-huge': 'x'.repeat(100_000) })],
    ['its gzip is broken', answer('not gzip', 200, { 'content-encoding': 'gzip' })],
  ])('%s', async (_name, respond) => {
    stub.respondWith(respond);
    expect(await refusalOf(minter.mint(tokenRequest()))).toMatchObject({ code: 'issuer_unavailable', status: 503 });
  });

  test('nothing listens', async () => {
    await stub.close();
    const refusal = await refusalOf(minter.mint(tokenRequest()));
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', status: 503 });
    expect((refusal.cause as Error).message).toBe('issuer issuer: ECONNREFUSED');
    stub = await startIssuerStub();
  });
});

describe('the size of an answer', () => {
  test('may be 64 KiB', async () => {
    const padding = MAXIMUM_ANSWER - JSON.stringify({ access_token: 'abc', padding: '' }).length;
    stub.respondWith(answer(JSON.stringify({ access_token: 'abc', padding: 'x'.repeat(padding) })));
    expect((await minter.mint(tokenRequest())).accessToken.reveal()).toBe('abc');
  });

  test.each([200, 400, 500])('is refused beyond that, with status %i too (502)', async (status) => {
    stub.respondWith(answer('x'.repeat(MAXIMUM_ANSWER + 1), status));
    await expectTooLarge();
  });

  test('is refused while it still comes', async () => {
    stub.respondWith((response) => {
      const timer = setInterval(() => response.write('x'.repeat(32_768)), 5);
      response.on('close', () => clearInterval(timer));
    });
    await expectTooLarge();
  });

  test('is that of the content, not of its compressed form', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(MAXIMUM_ANSWER);
    stub.respondWith(answer(bomb, 200, { 'content-encoding': 'gzip' }));
    const memory = process.memoryUsage().arrayBuffers;
    await expectTooLarge();
    expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(20 * 1024 * 1024);
  });

  test('no encoding is asked for', async () => {
    stub.respondWith(answerToken());
    await minter.mint(tokenRequest());
    expect(stub.requests[0]?.headers['accept-encoding']).toBe('identity');
  });
});

async function expectTooLarge(): Promise<void> {
  expect(await refusalOf(minter.mint(tokenRequest()))).toMatchObject({
    code: 'token_response_too_large',
    status: 502,
    message: 'token response too large',
  });
}
