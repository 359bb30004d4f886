import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { Valkey } from '../../tools/launch/valkey.ts';
import { createCertificateAuthority } from '../support/certificates.ts';
import { Replicas } from './support/replicas.ts';

const authority = createCertificateAuthority();
const stranger = createCertificateAuthority('another authority');
const client = authority.issue('control');

/** Two replicas that speak to a server so, and what they make of it. */
async function withReplicas(shared: object, act: (replicas: Replicas) => Promise<void>): Promise<void> {
  const replicas = await Replicas.start({
    files: {
      'ca.pem': authority.certificate,
      'other-ca.pem': stranger.certificate,
      'client.pem': client.certificate,
      'client-key.pem': client.key,
      password: 'planted-password',
    },
    shared: (directory) => ({
      keys: [{ file: `${directory}/key` }],
      ...JSON.parse(JSON.stringify(shared).replaceAll('DIRECTORY', directory)),
    }),
  });
  try {
    await act(replicas);
  } finally {
    await replicas.stop();
  }
}

async function expectShared(replicas: Replicas): Promise<void> {
  await replicas.connected();
  const { identityProvider, first, second } = replicas;
  const { requests } = await replicas.counting(async () => {
    await first.ask(identityProvider.clients.first);
    await second.ask(identityProvider.clients.first);
  });
  expect(requests).toBe(1);
}

/** Each replica serves by itself, and says why. */
async function expectAlone({ identityProvider, first }: Replicas, cause: string): Promise<void> {
  await eventually(async () => {
    await first.ask({ id: `nobody-${performance.now()}`, secret: 'unknown' });
    expect(await first.metric('bypassed')).toBe(1);
  });
  expect((await first.ask(identityProvider.clients.first)).status).toBe(200);
  expect(first.control.log()).toContain(`"cause":"${cause}"`);
}

describe('TLS', () => {
  let valkey: Valkey;
  let directory: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'valkey-tls-'));
    const { certificate, key } = authority.issue('valkey.test');
    const files = { 'ca.pem': authority.certificate, 'server.pem': certificate, 'server-key.pem': key };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const path = (name: string) => join(directory, name);
    const tls = ['--tls-ca-cert-file', path('ca.pem'), '--tls-cert-file', path('server.pem')];
    valkey = await Valkey.start((port) => [
      ...['--port', '0', '--tls-port', String(port)],
      ...[...tls, '--tls-key-file', path('server-key.pem')],
    ]);
  });

  afterAll(async () => {
    await valkey?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const own = { certificateFile: 'DIRECTORY/client.pem', keyFile: 'DIRECTORY/client-key.pem' };
  const url = () => `rediss://127.0.0.1:${valkey.port}`;

  test('with certificates on both sides', async () => {
    await withReplicas({ url: url(), tls: { caFile: 'DIRECTORY/ca.pem', ...own } }, expectShared);
  });

  test('with a certificate of an authority that is not trusted shares nothing', async () => {
    await withReplicas({ url: url(), tls: { caFile: 'DIRECTORY/other-ca.pem', ...own } }, (replicas) =>
      expectAlone(replicas, 'SELF_SIGNED_CERT_IN_CHAIN'),
    );
  });

  test('with a certificate for another name shares nothing', async () => {
    // It is valkey.test, and 127.0.0.1.
    const elsewhere = { url: `rediss://localhost:${valkey.port}`, tls: { caFile: 'DIRECTORY/ca.pem', ...own } };
    await withReplicas(elsewhere, (replicas) => expectAlone(replicas, 'ERR_TLS_CERT_ALTNAME_INVALID'));
  });
});

describe('a user with no more rights than docs/shared-cache.md says', () => {
  const rights = ['~token-broker:*', '+get', '+set', '+pttl', '+eval', '+del', '+pexpire', '+select'];
  const user = { username: 'token-broker', password: { file: 'DIRECTORY/password' } };
  let valkey: Valkey;

  beforeAll(async () => {
    valkey = await Valkey.start(() => ['--user', 'token-broker', 'on', '>planted-password', ...rights]);
  });

  afterAll(() => valkey?.stop());

  const url = () => `redis://127.0.0.1:${valkey.port}`;

  test('is enough', async () => {
    await withReplicas({ url: url(), ...user }, expectShared);
  });

  test('is enough in a database of its own', async () => {
    await withReplicas({ url: `${url()}/1`, ...user }, expectShared);
  });

  test('may nothing under another prefix', async () => {
    await withReplicas({ url: url(), ...user, keyPrefix: 'other:' }, (replicas) => expectAlone(replicas, 'NOPERM'));
  });
});
