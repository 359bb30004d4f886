import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type OAuthServer, startOAuthServer } from '../../../tools/oauth-server/server.ts';

let server: OAuthServer;

beforeAll(async () => {
  server = await startOAuthServer({
    clients: [
      { id: 'reader', secret: 'reader-secret', scope: 'read write' },
      { id: 'no-scopes', secret: 'other-secret' },
    ],
  });
});

afterEach(() => server.setFault(undefined));
afterAll(() => server.close());

async function request(parameters: Record<string, string> = {}, clientId = 'reader', secret = 'reader-secret') {
  const response = await fetch(server.tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...parameters }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

describe('the OAuth server', () => {
  test('grants tokens that its keys verify', async () => {
    const { status, body } = await request({ scope: 'read' });
    expect(status).toBe(200);
    const keys = createRemoteJWKSet(new URL(server.jwksUri));
    const { payload } = await jwtVerify(body.access_token, keys, {
      issuer: server.url,
      audience: 'https://backend.example',
    });
    expect(payload).toMatchObject({ sub: 'reader', scope: 'read' });
  });

  test.each([
    ['a scope of nobody', { scope: 'admin' }, 'reader', 'reader-secret', 400, 'invalid_scope'],
    ['a scope of another client', { scope: 'read' }, 'no-scopes', 'other-secret', 400, 'invalid_scope'],
    ['a wrong secret', {}, 'reader', 'wrong', 401, 'invalid_client'],
    ['an unknown client', {}, 'nobody', 'wrong', 401, 'invalid_client'],
    ['another grant', { grant_type: 'password' }, 'reader', 'reader-secret', 400, 'unsupported_grant_type'],
  ])('refuses %s', async (_name, parameters, clientId, secret, status, error) => {
    expect(await request(parameters, clientId, secret)).toMatchObject({ status, body: { error } });
  });

  test('gives tokens the lifetime that it is told', async () => {
    server.setTokenLifetime(7);
    expect((await request()).body.expires_in).toBe(7);
    server.setTokenLifetime(300);
    expect((await request()).body.expires_in).toBe(300);
  });

  test('counts requests by client and outcome', async () => {
    const before = server.countRequests({ clientId: 'reader', outcome: 'granted' });
    const refused = server.countRequests({ outcome: 'refused' });
    await request();
    await request({}, 'nobody', 'x');
    expect(server.countRequests({ clientId: 'reader', outcome: 'granted' })).toBe(before + 1);
    expect(server.countRequests({ outcome: 'refused' })).toBe(refused + 1);
    expect(server.countRequests({ clientId: 'unknown' })).toBeGreaterThan(0);
    expect(server.countRequests({ grant: 'password' })).toBe(0);
  });

  test('fails as it is told, before the provider counts anything', async () => {
    const before = server.countRequests();
    server.setFault({ status: 503, headers: { 'retry-after': '2' } });
    const { status, headers } = await request();
    expect([status, headers.get('retry-after')]).toEqual([503, '2']);
    expect(server.countRequests()).toBe(before);
  });

  test('is late as it is told', async () => {
    server.setFault({ delay: 150 });
    const start = performance.now();
    expect((await request()).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(140);
  });

  test('gives opaque tokens where they are asked for', async () => {
    const opaque = await startOAuthServer({ clients: [{ id: 'a', secret: 'b' }], accessTokenFormat: 'opaque' });
    const response = await fetch(opaque.tokenEndpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('a:b')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    expect(((await response.json()) as { access_token: string }).access_token).not.toContain('.');
    await opaque.close();
  });

  test('does not start with a secret that no client could send', async () => {
    await expect(startOAuthServer({ clients: [{ id: 'a', secret: 'ü' }] })).rejects.toThrow(/printable ASCII/);
  });
});

test('the command says where it listens, and ends on SIGTERM with nothing else written', async () => {
  const child = spawn(process.execPath, ['tools/oauth-server/main.ts', '--client', 'a:b%3Ac:read'], { stdio: 'pipe' });
  let written = '';
  child.stderr.on('data', (part) => {
    written += part;
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { ready, tokenEndpoint } = JSON.parse(line);
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('a:b%3Ac')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read' }),
  });
  expect([ready, response.status]).toEqual([true, 200]);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(written).toBe('');
});
