import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { PATIENT } from '../support/gate.ts';
import { answer, answerToken, type Respond, startIssuerStub } from '../support/issuer-stub.ts';
import { useDeployment } from '../support/use-deployment.ts';

const PLANTED = 'planted-token-of-the-issuer';
const stub = await startIssuerStub();
afterAll(() => stub.close());

const token = (members: Record<string, unknown>) => answerToken({ access_token: PLANTED, ...members });
const json = { 'content-type': 'application/json' };

const BAD: [string, Respond][] = [
  ['nothing', answer('')],
  ['what is not JSON', answer(`<html>${PLANTED}</html>`)],
  ['half a JSON object', answer(`{"access_token":"${PLANTED}","token_type":`)],
  ['JSON that is no object', answer(`["${PLANTED}"]`)],
  ['JSON that is not UTF-8', answer(Buffer.from(`{"access_token":"${PLANTED}\xff"}`, 'latin1'))],
  ['no access_token', token({ access_token: undefined })],
  ['an access_token that is null', token({ access_token: null })],
  ['an empty access_token', token({ access_token: '' })],
  ['an access_token that is a number', token({ access_token: 12345 })],
  ['an access_token with a line feed', token({ access_token: `${PLANTED}\r\nx-admin: yes` })],
  ['an access_token with a NUL', token({ access_token: `${PLANTED}\0` })],
  ['an access_token with a space', token({ access_token: `${PLANTED} x` })],
  ['an access_token that is not ASCII', token({ access_token: `${PLANTED}ü` })],
  ['another token_type', token({ token_type: 'DPoP' })],
  ['a token_type that is no string', token({ token_type: ['Bearer'] })],
  ['a negative expires_in', token({ expires_in: -1 })],
  ['an expires_in of zero', token({ expires_in: 0 })],
  ['a fractional expires_in', token({ expires_in: 1.5 })],
  ['an expires_in that is a string', token({ expires_in: '300' })],
  ['an absurd expires_in', token({ expires_in: 1e15 })],
  ['an expires_in that no number can hold', answer(`{"access_token":"${PLANTED}","expires_in":1e999}`)],
  ['more than 64 KiB', token({ padding: 'x'.repeat(70_000) })],
  [
    'little that unpacks to more than 64 KiB',
    answer(gzipSync(JSON.stringify({ access_token: PLANTED, padding: 'x'.repeat(5_000_000) })), 200, {
      ...json,
      'content-encoding': 'gzip',
    }),
  ],
  ['what never ends', flood],
  ['a redirect', answer('', 302, { location: '/elsewhere' })],
  ['a redirect that keeps the method', answer('', 307, { location: '/elsewhere' })],
  ['201 and a token', answer(JSON.stringify({ access_token: PLANTED, token_type: 'Bearer' }), 201)],
  ['204', answer('', 204)],
  ['500', answer(`stack trace with ${PLANTED}`, 500)],
];

const UNREACHABLE: [string, Respond][] = [
  ['says 429', answer('', 429)],
  ['closes the connection', (response) => response.destroy()],
  ['ends its answer too early', cutShort],
  ['does not speak HTTP', (response) => response.socket?.end('SSH-2.0-OpenSSH\r\n')],
  ['says nothing', () => {}],
];

/** Ends the connection in the midst of the answer. */
function cutShort(response: ServerResponse): void {
  response.writeHead(200, { ...json, 'content-length': '1000' });
  response.write(`{"access_token":"${PLANTED}"`, () => response.destroy());
}

function flood(response: ServerResponse): void {
  response.writeHead(200, json).on('error', () => {});
  const send = (): void => {
    while (!response.destroyed && response.write(PLANTED.repeat(1000)));
  };
  response.on('drain', send);
  send();
}

describe('an issuer', () => {
  const deployment = useDeployment({
    plugin: PATIENT.plugin,
    control: {
      DEX_TOKEN_URL: stub.tokenEndpoint.href,
      HTTP_TIMEOUT: '1s',
      // The breaker would answer in the issuer's place before long.
      ISSUER_BREAKER_FAILURES: '1000',
    },
  });

  async function ask(respond: Respond, client: string) {
    const { backend, secrets } = deployment();
    secrets.plant("the issuer's token", PLANTED);
    stub.respondWith(respond);
    const asked = stub.requests.length;
    const headers = { 'x-client-id': client, 'x-client-secret': 'stub-secret' };
    const first = await deployment().send({ headers });
    expect((await deployment().send({ headers })).status).toBe(first.status);
    // Such an answer is not remembered: the issuer may do better at any moment.
    expect(stub.requests.length).toBe(asked + 2);
    expect(backend.requests).toEqual([]);
    expect(JSON.stringify(first)).not.toContain(PLANTED);
    return first;
  }

  test.each(BAD)('that gives %s has the client refused with 502', async (what, respond) => {
    const refusal = await ask(respond, what.replaceAll(' ', '-'));
    expect(refusal.status).toBe(502);
    expect(refusal.body).toMatch(/^(?:invalid token response|token response too large|token request failed)\n$/);
  });

  test.each(UNREACHABLE)('that %s has the client refused with 503', async (what, respond) => {
    const refusal = await ask(respond, what.replaceAll(' ', '-'));
    expect(refusal).toMatchObject({ status: 503, body: 'oauth provider unavailable\n' });
    expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('that does well again has clients served', async () => {
    stub.respondWith(token({}));
    const answer = await deployment().send({ headers: { 'x-client-id': 'nothing', 'x-client-secret': 'stub-secret' } });
    expect(answer.status).toBe(200);
    expect(deployment().backend.last().headers.authorization).toBe(`Bearer ${PLANTED}`);
  });
});
