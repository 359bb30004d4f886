import { inspect } from 'node:util';
import { beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { ClusterAccess } from '../../../../control/config/cluster.ts';
import { AccessError } from '../../../../control/kubernetes/access/access.ts';
import { readAccess } from '../../../../control/kubernetes/access/read-access.ts';
import { createCertificateAuthority } from '../../../support/certificates.ts';
import { PlantedSecrets } from '../../../support/planted-secrets.ts';

const authority = createCertificateAuthority();
const client = authority.issue('client');
const planted = new PlantedSecrets();
const token = planted.plant('the token', 'planted-token');
planted.plant('the key', client.key);

let files: Record<string, string>;

beforeEach(() => {
  files = { '/pod/token': `${token}\n`, '/pod/ca.crt': authority.certificate, '/pod/namespace': 'shop\n' };
});

function read(access: ClusterAccess) {
  return readAccess(access, async (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
    return Buffer.from(text);
  });
}

const inCluster = { kind: 'inCluster', host: '10.0.0.1', port: 443, folder: '/pod' } as const;
const url = {
  kind: 'url',
  url: new URL('https://api.example/k8s/clusters/a'),
  caFile: '/pod/ca.crt',
  tokenFile: '/pod/token',
} as const;
const kubeconfig = { kind: 'kubeconfig', file: '/broker/kubeconfig', context: undefined } as const;

function writeKubeconfig(user: object, cluster: object = {}): void {
  files['/broker/kubeconfig'] = stringify({
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    clusters: [{ name: 'a', cluster: { server: 'https://api.example', ...cluster } }],
    users: [{ name: 'a', user }],
  });
}

test('in a cluster: address, authority, token and namespace of the pod', async () => {
  const access = await read(inCluster);
  expect(access.server.href).toBe('https://10.0.0.1/');
  expect(access.tls).toEqual({ ca: authority.certificate, serverName: undefined, client: undefined });
  expect(access.token?.reveal()).toBe(token);
  expect(access.namespace).toBe('shop');
  expect((await read({ ...inCluster, host: 'fd00::1', port: 6443 })).server.href).toBe('https://[fd00::1]:6443/');
});

test('by URL, with its path', async () => {
  const access = await read(url);
  expect(access.server.href).toBe('https://api.example/k8s/clusters/a');
  expect(access.token?.reveal()).toBe(token);
  expect((await read({ ...url, caFile: undefined })).tls.ca).toBeUndefined();
});

test('files in a kubeconfig are where it is, what is inline counts first, and a token file before a token', async () => {
  Object.assign(files, { '/broker/pki/ca.crt': authority.certificate, '/broker/bob.token': 'from-file' });
  writeKubeconfig({ token: 'inline', tokenFile: 'bob.token' }, { 'certificate-authority': 'pki/ca.crt' });
  const byFile = await read(kubeconfig);
  expect(byFile.tls.ca).toBe(authority.certificate);
  expect(byFile.token?.reveal()).toBe('from-file');

  const data = Buffer.from(authority.certificate).toString('base64');
  writeKubeconfig({ token }, { 'certificate-authority': '/nowhere', 'certificate-authority-data': data });
  expect((await read(kubeconfig)).tls.ca).toBe(authority.certificate);
});

test('a client certificate', async () => {
  Object.assign(files, { '/broker/client.crt': client.certificate, '/broker/client.key': client.key });
  writeKubeconfig(
    { 'client-certificate': 'client.crt', 'client-key': 'client.key' },
    { 'tls-server-name': 'kubernetes' },
  );
  const { tls, token: none } = await read(kubeconfig);
  expect(tls.serverName).toBe('kubernetes');
  expect(tls.client?.certificate).toBe(client.certificate);
  expect(tls.client?.key.reveal()).toBe(client.key);
  expect(none).toBeUndefined();
});

test('access shows no secret when it is printed or serialised', async () => {
  Object.assign(files, { '/broker/client.crt': client.certificate, '/broker/client.key': client.key });
  writeKubeconfig({ token, 'client-certificate': 'client.crt', 'client-key': 'client.key' });
  const access = await read(kubeconfig);
  expect(planted.findIn({ inspect: inspect(access, { depth: 9 }), json: JSON.stringify(access) })).toEqual([]);
});

test.each<readonly [string, ClusterAccess, () => void, RegExp]>([
  ['a missing token', inCluster, () => delete files['/pod/token'], /^\/pod\/token cannot be read \(ENOENT\)$/],
  ['an empty token', inCluster, () => (files['/pod/token'] = '\n'), /^\/pod\/token holds no bearer token$/],
  [
    'two lines for a token',
    url,
    () => (files['/pod/token'] = `${token}\n${token}`),
    /^\/pod\/token holds no bearer token$/,
  ],
  [
    'a file without a certificate',
    url,
    () => (files['/pod/ca.crt'] = token),
    /^\/pod\/ca.crt holds no PEM certificate$/,
  ],
  ['a huge file', url, () => (files['/pod/ca.crt'] = 'x'.repeat(1_048_577)), /is larger than 1048576 bytes$/],
  ['plain HTTP', { ...url, url: new URL('http://api.example') }, () => {}, /^the URL is no URL that begins with https/],
  ['credentials in the URL', { ...url, url: new URL('https://a:b@api.example') }, () => {}, /has no credentials/],
  ['no credentials at all', kubeconfig, () => writeKubeconfig({}), /^\/broker\/kubeconfig: the user has neither token/],
  [
    'a bad server',
    kubeconfig,
    () => writeKubeconfig({ token }, { server: 'http://api.example' }),
    /cluster's server is no URL/,
  ],
  ['no server', kubeconfig, () => writeKubeconfig({ token }, { server: '' }), /cluster's server is no URL/],
  ['a key alone', kubeconfig, () => writeKubeconfig({ 'client-key-data': 'eA==' }), /must be given together/],
  [
    'a key that is none',
    kubeconfig,
    () =>
      writeKubeconfig({
        'client-certificate-data': Buffer.from(client.certificate).toString('base64'),
        'client-key-data': 'eA==',
      }),
    /client-key holds no unencrypted PEM private key/,
  ],
  [
    'a file that a kubeconfig misses',
    kubeconfig,
    () => writeKubeconfig({ tokenFile: 'gone' }),
    /^\/broker\/kubeconfig: \/broker\/gone cannot be read \(ENOENT\)$/,
  ],
])('%s is refused, and nothing of it is quoted', async (_name, access, spoil, message) => {
  spoil();
  const problem = await read(access).catch((error: unknown) => error);
  if (!(problem instanceof AccessError)) throw problem;
  expect(problem.message).toMatch(message);
  expect(planted.findIn({ problem: inspect(problem) })).toEqual([]);
});
