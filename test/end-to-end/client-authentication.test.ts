import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, describe, expect, test } from 'vitest';
import { startOAuthServer } from '../../tools/oauth-server/server.ts';
import { createSigningKey, type SigningKey, signToken } from '../../tools/tokens/signing-key.ts';
import { createCertificateAuthority } from '../support/certificates.ts';
import { credentials } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const SECRET = 'planted-secret-of-a-client-%+/=:~';

const folder = mkdtempSync(join(tmpdir(), 'envoy-token-broker-clients-'));
const authority = createCertificateAuthority();
const key = createSigningKey('RS256');
const workload = createSigningKey('ES256');
const shown = authority.issue('client.example');
const server = await startOAuthServer({
  // No other authority than the tests' own vouches for it.
  tls: { ...authority.issue('localhost'), clientCa: authority.certificate },
  audiences: ['orders'],
  clients: [
    { id: 'basic', secret: SECRET },
    { id: 'post', secret: SECRET, authentication: 'client_secret_post' },
    { id: 'key', authentication: 'private_key_jwt', keys: [key.jwk] },
    { id: 'certificate', authentication: 'tls_client_auth', certificateName: 'client.example' },
    { id: 'workload', authentication: 'private_key_jwt', keys: [workload.jwk] },
  ],
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function write(name: string, text: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const caFile = write('authority.pem', authority.certificate);
const keyFile = write('key.pem', key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
const certificate = { file: write('client.crt', shown.certificate), keyFile: write('client.key', shown.key) };

const METHODS: Record<string, Record<string, string>> = {
  basic: { CLIENT_AUTH_METHOD: 'client_secret_basic' },
  post: { CLIENT_AUTH_METHOD: 'client_secret_post' },
  key: {
    ...{ CLIENT_AUTH_METHOD: 'private_key_jwt', CLIENT_PRIVATE_KEY_FILE: keyFile, CLIENT_KEY_ID: key.kid },
    STATIC_CLIENT_ID: 'key',
  },
  certificate: {
    ...{ CLIENT_AUTH_METHOD: 'tls_client_auth', CLIENT_CERT_FILE: certificate.file },
    ...{ CLIENT_KEY_FILE: certificate.keyFile, STATIC_CLIENT_ID: 'certificate' },
  },
};

const overTls = { DEX_TOKEN_URL: server.tokenEndpoint, ALLOW_INSECURE_DEX_URL: 'false', ISSUER_CA_FILE: caFile };

describe.each(Object.entries(METHODS))('the client "%s" of an issuer with a private authority', (id, method) => {
  const deployment = useDeployment({ control: { ...overTls, ...method } });

  test('gets its token, once', async () => {
    const { backend, secrets } = deployment();
    secrets.plant('the secret of a client', SECRET);
    const headers = method.STATIC_CLIENT_ID === undefined ? credentials({ id, secret: SECRET }) : {};
    for (let i = 0; i < 10; i++) expect((await deployment().send({ headers })).status).toBe(200);
    const token = String(backend.last().headers.authorization).slice('Bearer '.length);
    secrets.plant('its token', token);
    expect(decodeJwt(token)).toMatchObject({ sub: id, iss: server.url });
    expect(server.countRequests({ clientId: id })).toBe(1);
  });
});

describe('an issuer whose authority is not trusted', () => {
  const deployment = useDeployment({
    control: { ...overTls, ISSUER_CA_FILE: write('other.pem', createCertificateAuthority().certificate) },
  });

  test('is told no secret, and the client gets 503', async () => {
    const before = server.countRequests();
    const answer = await deployment().send({ headers: credentials({ id: 'basic', secret: SECRET }) });
    expect(answer.status).toBe(503);
    expect([server.countRequests(), deployment().backend.requests.length]).toEqual([before, 0]);
  });
});

/** RFC 7523 section 3; the OAuth server takes each but once. */
function assertionOf(client: string, signer: SigningKey): string {
  const exp = Math.floor(Date.now() / 1000) + 60;
  return signToken(signer, { iss: client, sub: client, aud: server.url, exp, jti: crypto.randomUUID() });
}

const assertionFile = write('assertion', '');
const EXCHANGES: Record<string, object> = {
  key: { method: 'private_key_jwt', privateKeyFile: keyFile },
  certificate: { method: 'tls_client_auth', certificateFile: certificate.file, keyFile: certificate.keyFile },
  workload: { method: 'jwt_assertion_file', assertionFile },
};

describe.each(Object.entries(EXCHANGES))('the client "%s" that exchanges', (id, clientAuthentication) => {
  const deployment = useDeployment({
    policy: {
      unmatched: 'deny',
      issuer: { tokenEndpoint: server.tokenEndpoint, allowInsecure: false, caFile, clientAuthentication },
      entries: [
        {
          id: 'subjects',
          match: { pathPrefix: '/subject' },
          action: 'clientCredentials',
          clientCredentials: { issuerRef: 'identity-provider', clientId: { value: id } },
        },
        {
          id: 'orders',
          match: { pathPrefix: '/orders' },
          action: 'exchange',
          exchange: { issuerRef: 'identity-provider', clientId: { value: id }, audiences: ['orders'] },
        },
      ],
    },
  });

  /** Sends a request, for which the client may authenticate once, and gives the token that the backend got. */
  async function tokenFor(path: string, headers: Record<string, string> = {}): Promise<string> {
    writeFileSync(assertionFile, `${assertionOf('workload', workload)}\n`);
    expect((await deployment().send({ path, headers })).status).toBe(200);
    return String(deployment().backend.last().headers.authorization).slice('Bearer '.length);
  }

  test('needs no secret for it', async () => {
    const { secrets } = deployment();
    const subject = secrets.plant('a subject token', await tokenFor('/subject'));
    const token = secrets.plant(
      'an exchanged token',
      await tokenFor('/orders', { authorization: `Bearer ${subject}` }),
    );
    expect(decodeJwt(token)).toMatchObject({ sub: id, aud: 'orders' });
    expect(server.countRequests({ clientId: id, grant: TOKEN_EXCHANGE, outcome: 'granted' })).toBe(1);
  });
});
