import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listen } from '../../../control/server/listen.ts';
import { type Booted, boot, CREDENTIALS } from '../boot.ts';

let booted: Booted;
let port: number;

beforeEach(async () => {
  booted = boot();
  if (booted.check !== undefined) {
    await listen(booted.check, 'check', { host: '127.0.0.1', port: 0 });
    port = (booted.check.server.address() as AddressInfo).port;
  }
});

afterEach(() => booted.close());

/** Sends bytes as they stand and reads all that comes back until the other side ends. */
async function exchange(...parts: string[]): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  for (const part of parts) {
    socket.write(part, 'latin1');
  }
  return text(socket);
}

const request = (line: string, ...headers: string[]) =>
  [line, 'host: a', 'connection: close', ...headers, '', ''].join('\r\n');
const credentials = Object.entries(CREDENTIALS).map(([name, value]) => `${name}: ${value}`);

describe('on a real connection', () => {
  test('takes headers that are longer than Node allows by itself', async () => {
    const long = `x-jwt: ${'a'.repeat(60 * 1024)}`;
    const answer = await exchange(request('GET /check HTTP/1.1', ...credentials, long));
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*authorization: Bearer token-1-of-app\r\n/);
  });

  test('refuses headers without end, in one plain line', async () => {
    const answer = await exchange(request('GET /check HTTP/1.1', `x-jwt: ${'a'.repeat(100 * 1024)}`));
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
    expect(answer).toMatch(/text\/plain[\s\S]*\r\n\r\nrequest header fields too large\n$/);
  });

  test.each([
    ['no HTTP at all', 'planted-nonsense\r\n\r\n'],
    ['a header with a line feed of its own', request('GET /check HTTP/1.1', 'x-client-id: a\nb')],
    ['a header with a zero byte', request('GET /check HTTP/1.1', 'x-client-id: a\0b')],
    ['a method that does not exist', request('PLANTED /check HTTP/1.1')],
    ['two lengths', request('POST /check HTTP/1.1', 'content-length: 1', 'content-length: 2')],
  ])('refuses %s with 400, in one plain line', async (_name, bytes) => {
    const answer = await exchange(bytes);
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[\s\S]*\r\n\r\nbad request\n$/);
    expect(answer + booted.log()).not.toContain('lanted');
  });

  test('closes the connection of a CONNECT', async () => {
    expect(await exchange(request('CONNECT a:80 HTTP/1.1'))).not.toContain('200');
  });

  test('forgets a body that comes in pieces', async () => {
    const head = request('PUT /check/a HTTP/1.1', ...credentials, 'transfer-encoding: chunked', 'content-type: a/b');
    expect(await exchange(head, '5\r\nhello\r\n', '0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 OK/);
  });

  test('sees a header that came twice, even one that Node joins', async () => {
    const answer = await exchange(request('GET /check HTTP/1.1', ...credentials, 'X-Client-Secret: other'));
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[\s\S]*header sent more than once\n$/);
  });

  test('sees it behind thousands of other headers too', async () => {
    const many = Array.from({ length: 4000 }, (_, index) => `x-${index}: y`);
    const answer = await exchange(request('GET /check HTTP/1.1', ...credentials, ...many, 'x-client-secret: other'));
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[\s\S]*header sent more than once\n$/);
  });

  test('keeps a connection open longer than Envoy does', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect(answer.headers.get('keep-alive')).toBe('timeout=3660');
    await answer.text();
  });

  test('lets a request in flight finish while it closes', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await booted.close();
    booted = boot({
      issuer: async () => {
        await held;
        return { access_token: 'late', expires_in: 300 };
      },
    });
    if (booted.check === undefined) {
      throw new Error('the check listener is off');
    }
    await listen(booted.check, 'check', { host: '127.0.0.1', port: 0 });
    port = (booted.check.server.address() as AddressInfo).port;
    const idle = connect(port, '127.0.0.1');
    const ended = new Promise((resolve) => idle.on('close', resolve));
    const answer = fetch(`http://127.0.0.1:${port}/check`, { headers: CREDENTIALS });
    await expect.poll(() => booted.tokenRequests.length).toBe(1);
    const closed = booted.close();
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
    release();
    expect((await answer).headers.get('authorization')).toBe('Bearer late');
    await Promise.all([closed, ended]);
  });
});
