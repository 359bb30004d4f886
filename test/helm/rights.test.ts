import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { KubernetesAdmin } from '../../tools/launch/kubernetes-admin.ts';
import { configMap, namespace, secret, serviceAccount } from '../kubernetes/manifests.ts';
import { type Manifest, NAME, NAMESPACE, render, type Values } from './support/chart.ts';
import { checkConfiguration, deployed } from './support/rendered-control.ts';

const TEAMS = ['team-a', 'team-b', 'team-c'];

let apiserver: KubeApiserver;
/** What any service account may do. */
let usual: Map<string, Set<string>>;

beforeAll(async () => {
  apiserver = await KubeApiserver.start();
  await apiserver.admin.apply(namespace(NAMESPACE), ...TEAMS.map((team) => namespace(team)));
  await apiserver.admin.apply(serviceAccount(NAMESPACE, 'nobody'));
  usual = await rightsOf('nobody');
}, 120_000);

afterAll(async () => {
  await apiserver?.stop();
});

/** What an account may do in each namespace, as the API server itself says it, a line for each right. */
async function rightsOf(account: string): Promise<Map<string, Set<string>>> {
  const token = await apiserver.admin.createToken({ namespace: NAMESPACE, name: account });
  const self = new KubernetesAdmin({ url: apiserver.url, ca: readFileSync(apiserver.caFile, 'utf8'), token });
  const rights = new Map<string, Set<string>>();
  for (const where of [NAMESPACE, ...TEAMS]) {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: where },
    };
    const { status } = (await self.create(review)) as Manifest;
    expect(status.incomplete).toBe(false);
    rights.set(where, new Set([...status.resourceRules, ...status.nonResourceRules].flatMap(linesOf)));
  }
  await self.close();
  return rights;
}

function linesOf({ verbs, resources, nonResourceURLs, resourceNames = ['*'] }: Manifest): string[] {
  const things: string[] = resources ?? nonResourceURLs;
  const names: string[] = resourceNames;
  return verbs.flatMap((verb: string) => things.flatMap((thing) => names.map((name) => `${verb} ${thing} ${name}`)));
}

/** What the chart's account may do more than any other, in each namespace, once it has what these values give it. */
async function grantedBy(values: Values): Promise<Record<string, string[]>> {
  const manifests = render(values).filter(({ kind }) => kind === 'ServiceAccount' || kind.includes('Role'));
  await apiserver.admin.apply(...manifests);
  const rights = await rightsOf(NAME);
  for (const manifest of manifests) await apiserver.admin.remove(manifest);
  return Object.fromEntries(
    [...rights].map(([where, lines]) => [where, [...lines].filter((line) => !usual.get(where)?.has(line)).sort()]),
  );
}

const NOTHING = Object.fromEntries([NAMESPACE, ...TEAMS].map((where) => [where, []]));

/** The API server's authorizer hears of new roles a little later. */
const becomes = (values: Values, granted: object) =>
  eventually(async () => expect(await grantedBy(values)).toEqual(granted), 30_000);

test('without values control may do nothing', () => becomes({}, NOTHING));

test('each value gives what its part needs, and nothing else', () => {
  const everywhere = ['create tokenreviews *'];
  return becomes(
    { example: 'rights' },
    {
      [NAMESPACE]: everywhere,
      'team-a': [
        ...everywhere,
        'list configmaps *',
        'list secrets orders-client',
        'watch configmaps *',
        'watch secrets orders-client',
      ],
      'team-b': ['create serviceaccounts/token reports', ...everywhere, 'list configmaps *', 'watch configmaps *'],
      'team-c': everywhere,
    },
  );
});

test('namespaces by label take rights everywhere, and their ConfigMaps only where that is said', async () => {
  const namespaces = ['list namespaces *', 'watch namespaces *'];
  const configMaps = ['list configmaps *', ...namespaces.slice(0, 1), 'watch configmaps *', ...namespaces.slice(1)];
  const everywhere = (lines: string[]) => Object.fromEntries(Object.keys(NOTHING).map((where) => [where, lines]));
  await becomes({ values: { rbac: { policyConfigMaps: { allNamespaces: true } } } }, everywhere(configMaps));
  await becomes({ values: { rbac: { policyConfigMaps: { listNamespaces: true } } } }, everywhere(namespaces));
});

test('rights that somebody else manages are left to them', () =>
  becomes({ example: 'rights', values: { rbac: { create: false } } }, NOTHING));

test('the pod has a token exactly when it needs one', () => {
  const mounts = (values: Values) =>
    render(values).find(({ kind }) => kind === 'Deployment').spec.template.spec.automountServiceAccountToken;
  expect(mounts({})).toBe(false);
  expect(mounts({ example: 'rights' })).toBe(true);
  // Also where the rights themselves come from elsewhere.
  expect(mounts({ example: 'rights', values: { rbac: { create: false } } })).toBe(true);
});

describe('control with the rights that the chart gives it', () => {
  /** Control in the cluster, as far as there is one: the token of its service account is in a file of this test's. */
  async function check(values: object = {}) {
    const { admin, url, caFile } = apiserver;
    const folder = mkdtempSync(join(tmpdir(), 'account-'));
    const tokenFile = join(folder, 'token');
    const clusters = { 'in-cluster': { server: { url, caFile, tokenFile } } };
    const manifests = render({ example: 'rights', values: { ...values, config: { clusters } } });
    const rights = manifests.filter(({ kind }) => kind === 'ServiceAccount' || kind.includes('Role'));
    await admin.apply(...rights);
    writeFileSync(tokenFile, await admin.createToken({ namespace: NAMESPACE, name: NAME }));
    const result = checkConfiguration(deployed(manifests));
    for (const manifest of rights) await admin.remove(manifest);
    rmSync(folder, { recursive: true });
    return result;
  }

  beforeAll(async () => {
    const policy = 'version: v1\nentries: [{ match: { host: orders.example.com, pathPrefix: / }, action: deny }]';
    await apiserver.admin.apply(
      secret('team-a', 'orders-client', { 'client-secret': 'planted' }),
      configMap('team-a', 'orders', { 'policy.yaml': policy }, { 'token-broker/policy': 'yes' }),
    );
  });

  test(
    'reads its policy and its secret',
    () =>
      eventually(async () => {
        const { status, stdout, stderr } = await check();
        expect(stderr).toBe('');
        expect(stdout).toContain('the configuration is good');
        expect(status).toBe(0);
      }, 60_000),
    90_000,
  );

  test('reads neither without them', async () => {
    const { status, stderr } = await check({ rbac: { create: false } });
    expect(status).toBe(2);
    expect(stderr).toContain('names the Secret team-a/orders-client, which cannot be read');
  }, 60_000);
});
