import { describe, expect, test } from 'vitest';
import type { Headers } from '../support/request.ts';
import { requestHttp2 } from '../support/request-http2.ts';
import { requestRaw } from '../support/request-raw.ts';
import { useDeployment } from '../support/use-deployment.ts';

const PLANTED = 'planted-and-never-to-be-seen';
const id = 'first-client';
/** Node sends each character of a header as one byte. */
const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

const CASES: [string, number, string, Headers][] = [
  ['no credentials', 401, 'missing credentials', {}],
  ['an id alone', 401, 'missing credentials', { 'x-client-id': id }],
  ['a secret alone', 401, 'missing credentials', { 'x-client-secret': PLANTED }],
  ['an empty id', 401, 'missing credentials', { 'x-client-id': '', 'x-client-secret': PLANTED }],
  ['an empty secret', 401, 'missing credentials', { 'x-client-id': id, 'x-client-secret': '' }],
  ['an id of spaces', 401, 'missing credentials', { 'x-client-id': '   ', 'x-client-secret': PLANTED }],
  ['two equal ids', 400, 'header sent more than once', { 'x-client-id': [id, id], 'x-client-secret': PLANTED }],
  ['two ids', 400, 'header sent more than once', { 'x-client-id': [id, 'second-client'], 'x-client-secret': PLANTED }],
  ['two secrets', 400, 'header sent more than once', { 'x-client-id': id, 'x-client-secret': [PLANTED, 'other'] }],
  [
    'two scopes',
    400,
    'header sent more than once',
    { 'x-client-id': id, 'x-client-secret': PLANTED, 'x-scope': ['a', 'b'] },
  ],
  ['too long an id', 400, 'X-Client-Id too long', { 'x-client-id': 'i'.repeat(257), 'x-client-secret': PLANTED }],
  [
    'too long a secret',
    400,
    'X-Client-Secret too long',
    { 'x-client-id': id, 'x-client-secret': PLANTED + 's'.repeat(4097) },
  ],
  [
    'too long a scope',
    400,
    'X-Scope too long',
    { 'x-client-id': id, 'x-client-secret': PLANTED, 'x-scope': 's'.repeat(1025) },
  ],
  [
    'a secret that is not UTF-8',
    400,
    'header contains invalid characters',
    { 'x-client-id': id, 'x-client-secret': `${PLANTED}\xff\xfe` },
  ],
  [
    'an id that is not UTF-8',
    400,
    'header contains invalid characters',
    { 'x-client-id': `${id}\xe9`, 'x-client-secret': PLANTED },
  ],
  [
    'a wrong secret in UTF-8',
    401,
    'token request failed',
    { 'x-client-id': id, 'x-client-secret': bytes(`${PLANTED}-ключ-🔑`) },
  ],
  ['an unknown id', 401, 'token request failed', { 'x-client-id': bytes('unbekannt-ü'), 'x-client-secret': PLANTED }],
  [
    'a secret with every sign that has a meaning somewhere',
    401,
    'token request failed',
    { 'x-client-id': id, 'x-client-secret': `${PLANTED}!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~` },
  ],
];

describe.each(['HTTP/1.1', 'HTTP/2'])('over %s, a request with', (protocol) => {
  const deployment = useDeployment();

  test.each(CASES)('%s gets %i, twice, and never reaches the backend', async (_what, status, body, headers) => {
    const { backend, envoy, secrets } = deployment();
    secrets.plant('the planted secret', PLANTED);
    for (let i = 0; i < 2; i++) {
      const answer =
        protocol === 'HTTP/1.1' ? await deployment().send({ headers }) : await requestHttp2(envoy.port, { headers });
      expect(answer.status).toBe(status);
      expect(answer.body).toContain(body);
      expect(answer.body.trim().split('\n').length).toBe(1);
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect('www-authenticate' in answer.headers).toBe(status === 401);
      expect(JSON.stringify(answer)).not.toContain(PLANTED);
    }
    expect(backend.requests).toEqual([]);
  });
});

describe('a request with a control character', () => {
  const deployment = useDeployment();
  const get = (...fields: string[]) =>
    requestRaw(deployment().envoy.port, 'GET / HTTP/1.1', 'host: backend', ...fields);

  test('in its secret gets 400 and never reaches the backend', async () => {
    const { backend, secrets } = deployment();
    secrets.plant('the planted secret', PLANTED);
    // Envoy drops a lone CR; all others but the tab it refuses itself.
    const characters = Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)).concat('\x7f');
    const refused = characters.filter((character) => character !== '\r');
    const answers = refused.map((character) => get(`x-client-id: ${id}`, `x-client-secret: ${PLANTED}${character}x`));
    for (const { status, answer } of await Promise.all(answers)) {
      expect(status).toBe(400);
      expect(answer).not.toContain(PLANTED);
    }
    expect(backend.requests).toEqual([]);
  });

  test('that is a lone CR adds no field', async () => {
    const { backend, identityProvider } = deployment();
    const { first } = identityProvider.clients;
    const forged = 'x-other: one\rauthorization: forged';
    const { status } = await get(`x-client-id: ${first.id}`, `x-client-secret: ${first.secret}`, forged);
    expect(status).toBe(200);
    expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    expect(backend.last().headerPairs.filter(([name]) => name === 'authorization').length).toBe(1);
  });
});
