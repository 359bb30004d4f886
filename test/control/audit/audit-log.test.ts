import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuthenticateDocument } from '../../../control/config/provider-document.ts';
import { createSigningKey } from '../../../tools/tokens/signing-key.ts';
import { PlantedSecrets } from '../../support/planted-secrets.ts';
import { boot, routeReference } from '../boot.ts';
import { exchangeConfiguration, exchangeFile } from '../exchange-mode.ts';
import { callerToken, configurationWith } from '../jwt-mode.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'));
  path = join(folder, 'audit.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const lines = () =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

test('every decision is a line, with nothing secret in it', async () => {
  const secrets = new PlantedSecrets();
  const secret = secrets.plant('the client secret', 'planted-secret-%+/=');
  const token = secrets.plant('the token', 'planted-access-token');
  const app = boot({ environment: { AUDIT_LOG: path }, issuer: () => ({ access_token: token, expires_in: 300 }) });
  const headers = { 'x-client-id': 'app', 'x-client-secret': secret, 'x-scope': 'read' };
  const requestId = 'request-1';
  const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
  await app.check?.inject({ url: '/check/orders', headers: { ...headers, 'x-request-id': requestId, traceparent } });
  await app.check?.inject({ url: '/check/orders', headers: { 'x-client-secret': secret } });
  await app.filter?.inject({
    method: 'POST',
    url: '/v1/decide',
    headers: {
      'x-broker-route': await routeReference(app),
      'x-broker-key-x-client-id': 'app',
      'x-broker-key-x-client-secret': secret,
    },
  });
  await app.close();
  const asked = { route: 'default', issuer: 'dex', grant: 'client_credentials', clientId: 'app' };
  expect(lines()).toEqual([
    expect.objectContaining({ way: 'check', decision: 'allow', requestId, traceId: TRACE, scope: 'read', ...asked }),
    expect.objectContaining({ way: 'check', decision: 'deny', status: 401, code: 'missing_credentials' }),
    expect.objectContaining({ way: 'filter', decision: 'allow', reusableForSeconds: 270, ...asked }),
  ]);
  expect(lines()[0].tokenDigest).toMatch(/^[0-9a-f]{16}$/);
  expect(lines()[0].time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(secrets.findIn({ 'the audit log': readFileSync(path, 'utf8'), 'the log': app.log() })).toEqual([]);
});

const key = createSigningKey();

async function auditOf(authenticate: AuthenticateDocument, claims: object) {
  const audit = { setting: 'audit.log', log: path, claims: ['iss', 'sub', 'tenant'] };
  const app = boot({ configuration: { ...configurationWith(key, authenticate), audit } });
  const token = callerToken(key, app.clock.now(), claims);
  await app.check?.inject({ url: '/check', headers: { authorization: `Bearer ${token}` } });
  await app.close();
  expect(readFileSync(path, 'utf8')).not.toContain(token.split('.')[1]);
  return lines();
}

test('a line says on whose behalf, and who acts', async () => {
  const claims = { tenant: 'blue', email: 'alice@example.com', act: { sub: 'gateway', act: { sub: 'frontend' } } };
  expect(await auditOf({ providers: ['callers'] }, claims)).toEqual([
    expect.objectContaining({
      decision: 'allow',
      provider: 'callers',
      onBehalfOf: { iss: 'https://issuer.example', sub: 'alice', tenant: 'blue' },
      actors: [{ sub: 'gateway' }, { sub: 'frontend' }],
      clientId: 'broker',
    }),
  ]);
  expect(readFileSync(path, 'utf8')).not.toContain('alice@example.com');
});

test('a refusal for want of a scope says whose it was; one of a bad token does not believe it', async () => {
  expect(await auditOf({ providers: ['callers'], requiredScopes: ['orders:write'] }, {})).toEqual([
    expect.objectContaining({ code: 'jwt_insufficient_scope', onBehalfOf: expect.objectContaining({ sub: 'alice' }) }),
  ]);
  rmSync(path);
  const [line] = await auditOf({ providers: ['callers'] }, { exp: 1 });
  expect(line).toMatchObject({ decision: 'deny', code: 'jwt_expired' });
  expect(line).not.toHaveProperty('onBehalfOf');
});

test('an exchange says for which audiences, and believes a subject only where control has verified it', async () => {
  const audit = { setting: 'audit.log', log: path, claims: ['iss', 'sub'] };
  const action = { audiences: ['orders', 'stock'], resources: ['https://orders.example/'] };
  const text = exchangeFile({ ...action, scope: { value: 'read' } });
  const app = boot({ configuration: { ...exchangeConfiguration(text), audit } });
  const token = callerToken(key, app.clock.now());
  await app.check?.inject({ url: '/check', headers: { authorization: `Bearer ${token}` } });
  await app.close();
  const [line] = lines();
  expect(line).toMatchObject({ decision: 'allow', clientId: 'broker', scope: 'read', ...action });
  expect(line.grant).toBe('urn:ietf:params:oauth:grant-type:token-exchange');
  expect(line).not.toHaveProperty('onBehalfOf');
  expect(readFileSync(path, 'utf8')).not.toContain(token.split('.')[1]);
});
