import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientAuthentication, IssuerConfiguration } from '../../../control/config/configuration.ts';
import { type OAuthServer, startOAuthServer } from '../../../tools/oauth-server/server.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { issuerAt, minterFor, refusalOf, tokenRequest } from './minting.ts';

const SECRET = 's:e&c r%+t/=?"~';

const authority = createCertificateAuthority();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const keyPairs = { RS256: rsa, PS256: rsa, ES256: ec, EdDSA: ed };

let folder: string;
let server: OAuthServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mint-'));
  const own = authority.issue('localhost');
  const publicKey = (pair: { publicKey: typeof rsa.publicKey }) => pair.publicKey.export({ format: 'jwk' });
  server = await startOAuthServer({
    tls: { certificate: own.certificate, key: own.key, clientCa: authority.certificate },
    clients: [
      { id: 'client-basic.1', secret: SECRET, scope: 'read write' },
      { id: 'client:with:colons', secret: SECRET },
      { id: 'client-post', secret: SECRET, authentication: 'client_secret_post' },
      { id: 'client-rsa', authentication: 'private_key_jwt', keys: [{ ...publicKey(rsa), kid: 'first' }] },
      { id: 'client-ec', authentication: 'private_key_jwt', keys: [publicKey(ec)] },
      { id: 'client-ed', authentication: 'private_key_jwt', keys: [publicKey(ed)] },
      { id: 'client-tls', authentication: 'tls_client_auth', certificateName: 'client.example' },
    ],
  });
  await writeFile(join(folder, 'ca.pem'), authority.certificate);
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function issuerWith(clientAuthentication: ClientAuthentication, overrides: Partial<IssuerConfiguration> = {}) {
  return issuerAt(server.tokenEndpoint, { clientAuthentication, caFile: join(folder, 'ca.pem'), ...overrides });
}

async function mint(issuer: IssuerConfiguration, clientId: string, secret?: string, scope?: string) {
  const minter = minterFor(issuer);
  try {
    return await minter.mint({
      ...tokenRequest(clientId, secret, scope),
      ...(secret ? {} : { clientSecret: undefined }),
    });
  } finally {
    await minter.close();
  }
}

async function writeKey(name: string, pem: string | Buffer): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, pem);
  return file;
}

describe('client_secret_basic', () => {
  test.each(['client-basic.1', 'client:with:colons'])(
    'authenticates %s with a secret of special characters',
    async (id) => {
      const token = await mint(issuerWith({ method: 'client_secret_basic' }), id, SECRET);
      expect(decodeJwt(token.accessToken.reveal())).toMatchObject({ sub: id, iss: server.url });
    },
  );

  test('asks for a scope', async () => {
    const token = await mint(issuerWith({ method: 'client_secret_basic' }), 'client-basic.1', SECRET, 'write');
    expect(decodeJwt(token.accessToken.reveal())).toMatchObject({ scope: 'write' });
  });

  test.each([
    ['a wrong secret', 'client-basic.1', 'wrong', undefined],
    ['an unknown client', 'nobody', SECRET, undefined],
    ['a scope that it may not have', 'client-basic.1', SECRET, 'admin'],
    ['another method than its own', 'client-ec', SECRET, undefined],
  ])('is refused for %s', async (_name, id, secret, scope) => {
    const refusal = await refusalOf(mint(issuerWith({ method: 'client_secret_basic' }), id, secret, scope));
    expect(refusal).toMatchObject({ code: 'credentials_rejected', status: 401 });
  });
});

test('client_secret_post authenticates with a secret of special characters', async () => {
  const token = await mint(issuerWith({ method: 'client_secret_post' }), 'client-post', SECRET);
  expect(decodeJwt(token.accessToken.reveal())).toMatchObject({ sub: 'client-post' });
});

describe('private_key_jwt', () => {
  test.each([
    ['RS256', 'client-rsa', 'first'],
    ['PS256', 'client-rsa', undefined],
    ['ES256', 'client-ec', undefined],
    ['EdDSA', 'client-ed', undefined],
  ] as const)('authenticates with %s', async (algorithm, id, keyId) => {
    const pem = keyPairs[algorithm].privateKey.export({ format: 'pem', type: 'pkcs8' });
    const privateKeyFile = await writeKey(`${algorithm}.pem`, pem);
    const method = { method: 'private_key_jwt', privateKeyFile, keyId, algorithm, audience: undefined } as const;
    const token = await mint(issuerWith(method), id);
    expect(decodeJwt(token.accessToken.reveal())).toMatchObject({ sub: id });
  });

  test('names the audience that the operator wants', async () => {
    const privateKeyFile = await writeKey('audience.pem', ec.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const method = { method: 'private_key_jwt', privateKeyFile, keyId: undefined, algorithm: 'ES256' } as const;
    await mint(issuerWith({ ...method, audience: server.url }), 'client-ec');
    const refusal = await refusalOf(
      mint(issuerWith({ ...method, audience: 'https://elsewhere.example' }), 'client-ec'),
    );
    expect(refusal).toMatchObject({ code: 'credentials_rejected' });
  });

  test('is refused with a key that the issuer does not know', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const privateKeyFile = await writeKey('other.pem', privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const method = { method: 'private_key_jwt', privateKeyFile, keyId: undefined, algorithm: 'ES256' } as const;
    const refusal = await refusalOf(mint(issuerWith({ ...method, audience: undefined }), 'client-ec'));
    expect(refusal).toMatchObject({ code: 'credentials_rejected', status: 401 });
  });

  test.each([
    ['no PEM', 'planted-key', 'ES256', /holds no private key/],
    [
      'a key of another type',
      ed.privateKey.export({ format: 'pem', type: 'pkcs8' }),
      'ES256',
      /type ed25519, which ES256/,
    ],
  ] as const)('cannot be set up with %s', async (_name, pem, algorithm, message) => {
    const privateKeyFile = await writeKey('unfit.pem', pem);
    const method = {
      method: 'private_key_jwt',
      privateKeyFile,
      keyId: undefined,
      algorithm,
      audience: undefined,
    } as const;
    expect(() => minterFor(issuerWith(method))).toThrow(message);
    expect(() => minterFor(issuerWith(method))).not.toThrow(/planted-key/);
  });
});

describe('jwt_assertion_file', () => {
  const assertion = (id: string) =>
    new SignJWT({ jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(id)
      .setSubject(id)
      .setAudience(server.url)
      .setExpirationTime('1m')
      .sign(ec.privateKey);

  test('authenticates with what the file holds at the time, as somebody else keeps it fresh', async () => {
    const assertionFile = await writeKey('assertion', `${await assertion('client-ec')}\n`);
    const minter = minterFor(issuerWith({ method: 'jwt_assertion_file', assertionFile }));
    const request = { ...tokenRequest('client-ec'), clientSecret: undefined };
    const token = await minter.mint(request);
    expect(decodeJwt(token.accessToken.reveal())).toMatchObject({ sub: 'client-ec' });
    // The OAuth server takes no assertion twice.
    expect(await refusalOf(minter.mint(request))).toMatchObject({ code: 'credentials_rejected' });
    await writeKey('assertion', await assertion('client-ec'));
    await minter.mint(request);
    await minter.close();
  });

  test('is a failure of ours while the file cannot be read, which names it to the log alone', async () => {
    const assertionFile = join(folder, 'not-there');
    const refusal = await refusalOf(mint(issuerWith({ method: 'jwt_assertion_file', assertionFile }), 'client-ec'));
    expect(refusal).toMatchObject({ code: 'internal', status: 503, message: 'internal error' });
    expect((refusal.cause as Error).message).toBe(`${assertionFile} cannot be read (ENOENT)`);
  });
});

describe('tls_client_auth', () => {
  async function certificateOf(name: string, signer = authority): Promise<ClientAuthentication> {
    const own = signer.issue(name);
    return {
      method: 'tls_client_auth',
      certificateFile: await writeKey(`${name}.crt`, own.certificate),
      keyFile: await writeKey(`${name}.key`, own.key),
    };
  }

  test('authenticates with the certificate of the handshake', async () => {
    const token = await mint(issuerWith(await certificateOf('client.example')), 'client-tls');
    expect(decodeJwt(token.accessToken.reveal())).toMatchObject({ sub: 'client-tls' });
  });

  test.each([
    ['the name of somebody else', 'other.example', authority],
    ['an unknown authority', 'client.example', createCertificateAuthority()],
  ])('is refused for a certificate with %s', async (_name, name, signer) => {
    const refusal = await refusalOf(mint(issuerWith(await certificateOf(name, signer)), 'client-tls'));
    expect(refusal).toMatchObject({ code: 'credentials_rejected', status: 401 });
  });
});

describe('TLS to the issuer', () => {
  const basic = { method: 'client_secret_basic' } as const;

  test('needs an authority that is trusted', async () => {
    const refusal = await refusalOf(mint(issuerWith(basic, { caFile: undefined }), 'client-basic.1', SECRET));
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', status: 503 });
    expect((refusal.cause as Error).message).toMatch(/^issuer issuer: (SELF_SIGNED|UNABLE_TO|DEPTH_ZERO)/);
  });

  test('needs a certificate for the name that was asked', async () => {
    const elsewhere = await startOAuthServer({ clients: [], tls: authority.issue('elsewhere.example') });
    const tokenEndpoint = new URL(elsewhere.tokenEndpoint.replace('127.0.0.1', 'localhost'));
    const refusal = await refusalOf(mint(issuerWith(basic, { tokenEndpoint }), 'client-basic.1', SECRET));
    expect(refusal.cause).toMatchObject({ message: 'issuer issuer: ERR_TLS_CERT_ALTNAME_INVALID' });
    await elsewhere.close();
  });

  test('works, and is checked as well, with time limits for its parts', async () => {
    const timeouts = { connect: 5000, tlsHandshake: 5000, headers: 5000, idle: 5000 };
    const token = await mint(issuerWith(basic, { timeouts, timeout: 10_000 }), 'client-basic.1', SECRET);
    expect(token.accessToken.reveal()).not.toBe('');
    const refusal = await refusalOf(mint(issuerWith(basic, { timeouts, caFile: undefined }), 'client-basic.1', SECRET));
    expect(refusal).toMatchObject({ code: 'issuer_unavailable' });
  });

  test('names the issuer whose files cannot be read', () => {
    expect(() => minterFor(issuerWith(basic, { caFile: '/nonexistent/ca.pem' }))).toThrow(
      /issuer issuer: ENOENT.*ca\.pem/,
    );
  });
});
