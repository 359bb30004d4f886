import { mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Cluster } from '../../control/kubernetes/cluster/cluster.ts';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { createCertificateAuthority } from '../support/certificates.ts';
import { open } from './connect.ts';
import { namespace, serviceAccount } from './manifests.ts';

const HOME = 'token-broker';
const clients = createCertificateAuthority('clients');
const folder = mkdtempSync(join(tmpdir(), 'access-'));
const file = (name: string, content?: string): string => {
  const path = join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};

let apiserver: KubeApiserver;
let other: KubeApiserver;
const opened: Cluster[] = [];

beforeAll(async () => {
  apiserver = await KubeApiserver.start(`--client-ca-file=${file('clients.crt', clients.certificate)}`);
  other = await KubeApiserver.start();
  await apiserver.admin.apply(namespace(HOME), serviceAccount(HOME, 'first'), serviceAccount(HOME, 'second'));
});

afterAll(async () => {
  await Promise.all(opened.map((cluster) => cluster.close()));
  await other?.stop();
  await apiserver?.stop();
  rmSync(folder, { recursive: true });
});

async function connect(...parameters: Parameters<typeof open>): Promise<Cluster> {
  const cluster = await open(...parameters);
  opened.push(cluster);
  return cluster;
}

/** Who the API server takes us for, or why it does not answer. */
async function whoAmI(cluster: Cluster): Promise<string> {
  const answer = await cluster.call({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  });
  if (answer.kind === 'failed') return answer.reason;
  return (answer.value as { status: { userInfo: { username: string } } }).status.userInfo.username;
}

function createToken(name: string): Promise<string> {
  return apiserver.admin.createToken({ namespace: HOME, name });
}

const username = (name: string) => `system:serviceaccount:${HOME}:${name}`;

/** The administrator's kubeconfig, with another user. */
function kubeconfig(user: object, cluster: object = {}): string {
  const document = parse(readFileSync(apiserver.kubeconfigFile, 'utf8'));
  document.users[0].user = user;
  Object.assign(document.clusters[0].cluster, cluster);
  document.contexts[0].context.namespace = 'team';
  return stringify(document);
}

test('in a cluster, a token that kubelet rotates is read again', async () => {
  const { hostname: host, port } = new URL(apiserver.url);
  const mounted = mkdtempSync(join(tmpdir(), 'mounted-'));
  // As kubelet does it: what is mounted are links into a folder that is replaced as a whole.
  const mount = async (version: string, name: string) => {
    writeFileSync(join(mounted, `${version}-token`), await createToken(name));
    try {
      unlinkSync(join(mounted, 'token'));
    } catch {}
    symlinkSync(`${version}-token`, join(mounted, 'token'));
  };
  writeFileSync(join(mounted, 'ca.crt'), readFileSync(apiserver.caFile));
  writeFileSync(join(mounted, 'namespace'), HOME);
  await mount('v1', 'first');
  const cluster = await connect({ kind: 'inCluster', host, port: Number(port), folder: mounted });
  expect(cluster.namespace).toBe(HOME);
  expect(await whoAmI(cluster)).toBe(username('first'));
  await mount('v2', 'second');
  await cluster.reload();
  expect(await whoAmI(cluster)).toBe(username('second'));
  rmSync(mounted, { recursive: true });
});

test('a token that was refused is looked for in its file again, without waiting for the next look', async () => {
  const tokenFile = file('token', 'wrong');
  const cluster = await connect({ kind: 'url', url: new URL(apiserver.url), caFile: apiserver.caFile, tokenFile });
  writeFileSync(tokenFile, `${await createToken('first')}\n`);
  await expect.poll(() => whoAmI(cluster), { interval: 200, timeout: 10_000 }).toBe(username('first'));
});

test('a kubeconfig with a token', async () => {
  const path = file('token.kubeconfig', kubeconfig({ token: await createToken('first') }));
  const cluster = await connect({ kind: 'kubeconfig', file: path, context: 'local' });
  expect(await whoAmI(cluster)).toBe(username('first'));
  expect(cluster.namespace).toBe('team');
});

test('a kubeconfig with a client certificate, all of it inline', async () => {
  const { certificate, key } = clients.issue('carol');
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const path = file(
    'certificate.kubeconfig',
    kubeconfig(
      { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) },
      { 'certificate-authority-data': base64(readFileSync(apiserver.caFile, 'utf8')) },
    ),
  );
  expect(await whoAmI(await connect({ kind: 'kubeconfig', file: path, context: undefined }))).toBe('carol');
});

test('a kubeconfig says what the certificate must be for', async () => {
  const user = { token: await createToken('first') };
  const good = file('good.kubeconfig', kubeconfig(user, { 'tls-server-name': 'kubernetes.default.svc' }));
  const bad = file('bad.kubeconfig', kubeconfig(user, { 'tls-server-name': 'elsewhere.example' }));
  expect(await whoAmI(await connect({ kind: 'kubeconfig', file: good, context: undefined }))).toBe(username('first'));
  expect(await whoAmI(await connect({ kind: 'kubeconfig', file: bad, context: undefined }))).toBe('unavailable');
});

test('a server with a certificate of another authority gets no token', async () => {
  const tokenFile = file('for-nobody', await createToken('first'));
  const cluster = await connect({ kind: 'url', url: new URL(apiserver.url), caFile: other.caFile, tokenFile });
  expect(await whoAmI(cluster)).toBe('unavailable');
});

test('a kubeconfig is read again when it changes, and one that is broken changes nothing', async () => {
  const path = file('changing.kubeconfig', kubeconfig({ token: await createToken('first') }));
  const told: string[] = [];
  const cluster = await connect(
    { kind: 'kubeconfig', file: path, context: undefined },
    { reloaded: () => told.push('reloaded'), reloadFailed: (_cluster, { message }) => told.push(message) },
  );
  expect(await whoAmI(cluster)).toBe(username('first'));

  writeFileSync(path, kubeconfig({ token: await createToken('second') }));
  await cluster.reload();
  expect(await whoAmI(cluster)).toBe(username('second'));

  writeFileSync(path, 'users: [{name: admin, user: {token: half-a-tok');
  await cluster.reload();
  await cluster.reload();
  expect(await whoAmI(cluster)).toBe(username('second'));

  // Another server, with another authority and other accounts.
  writeFileSync(path, readFileSync(other.kubeconfigFile));
  await cluster.reload();
  expect(await whoAmI(cluster)).toBe('admin');
  const home = await cluster.call({ method: 'GET', path: `/api/v1/namespaces/${HOME}` });
  expect(home).toMatchObject({ kind: 'failed', reason: 'notFound' });
  expect(told).toEqual(['reloaded', `${path}: it is not YAML in line 1`, 'reloaded']);
});
