import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { namespace } from '../kubernetes/manifests.ts';
import { binaryOf, CHART, EXAMPLES, type Manifest } from './support/chart.ts';
import { installCustomResources } from './support/custom-resources.ts';
import { PLAIN } from './support/plain.ts';

const PAGE = readFileSync(new URL('../../docs/helm.md', import.meta.url), 'utf8');
/** Published charts cannot be had here: the one that would be published takes their place. */
const PUBLISHED = /oci:\/\/ghcr\.io\/envoy-token-broker\/charts\/envoy-token-broker --version \S+/;

const home = mkdtempSync(join(tmpdir(), 'reader-'));
let apiserver: KubeApiserver;

beforeAll(async () => {
  apiserver = await KubeApiserver.start();
  await apiserver.admin.apply(namespace('default'));
  await installCustomResources(apiserver.admin);
  mkdirSync(join(home, 'bin'));
  for (const name of ['helm', 'kubectl'] as const) symlinkSync(binaryOf(name), join(home, 'bin', name));
  copyFileSync(join(CHART, 'examples/envoy-gateway.yaml'), join(home, 'envoy-gateway.yaml'));
}, 300_000);

afterAll(async () => {
  await apiserver?.stop();
  rmSync(home, { recursive: true });
});

/** Runs a command line as a reader of the page would, in a folder of theirs. @throws {Error} with what it printed */
function run(commands: string): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', commands], {
    cwd: home,
    encoding: 'utf8',
    env: { PATH: `${join(home, 'bin')}:${process.env.PATH}`, HOME: home, KUBECONFIG: apiserver.kubeconfigFile },
  });
  if (status !== 0) throw new Error(`${commands}\n${stdout}${stderr}`);
  return stdout;
}

test('the commands of docs/helm.md do what the page says', async () => {
  const blocks = [...PAGE.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  expect(blocks).toHaveLength(4);
  const [certificates = '', secrets = '', install = '', plain = ''] = blocks;
  run(certificates);
  run(secrets);
  expect(install).toMatch(PUBLISHED);
  expect(run(install.replace(PUBLISHED, CHART))).toContain('STATUS: deployed');

  // Every Secret that a pod waits for is there, with every key.
  const deployment: Manifest = await apiserver.admin.read({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
    metadata: { namespace: 'token-broker', name: 'token-broker' },
  });
  const { volumes } = deployment.spec.template.spec;
  const keys: Record<string, string[]> = {};
  for (const { secret } of volumes.filter((volume: Manifest) => volume.secret)) {
    const reference = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'token-broker', name: secret.secretName },
    };
    const { data }: Manifest = await apiserver.admin.read(reference);
    keys[secret.secretName] = Object.keys(data).sort();
  }
  expect(keys).toEqual({
    'token-broker-tls': ['ca.crt', 'tls.crt', 'tls.key'],
    'token-broker-cache-key': ['key'],
    'token-broker-client': ['client-secret'],
  });

  // The other way, in the same place.
  run('helm uninstall token-broker --namespace token-broker');
  run(plain.replace('deploy/kubernetes', PLAIN.folder));
}, 120_000);

test('the page speaks of every example and every right', () => {
  for (const example of EXAMPLES) expect(PAGE).toContain(`(../deploy/helm/examples/${example}.yaml)`);
  const { rbac } = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')).properties;
  for (const name of Object.keys(rbac.properties).filter((name) => name !== 'create')) {
    expect(PAGE).toContain(`rbac.${name}`);
  }
});
