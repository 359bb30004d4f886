import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { namespace, serviceAccount } from '../kubernetes/manifests.ts';
import { EXAMPLES, type Manifest, NAME, NAMESPACE, one, render } from './support/chart.ts';
import { installCustomResources } from './support/custom-resources.ts';
import { PLAIN, renderPlain } from './support/plain.ts';

/** The strictest of Kubernetes' standards for pods; its admission refuses the others. */
const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' };
const NAMESPACES = ['envoy-gateway-system', 'istio-ingress', 'team-a', 'team-b'];

let apiserver: KubeApiserver;

beforeAll(async () => {
  apiserver = await KubeApiserver.start();
  await apiserver.admin.apply(namespace(NAMESPACE, RESTRICTED), ...NAMESPACES.map((name) => namespace(name)));
  await apiserver.admin.apply(serviceAccount(NAMESPACE, NAME), serviceAccount(NAMESPACE, 'token-broker'));
  await apiserver.admin.apply(serviceAccount(NAMESPACE, 'default'));
  await installCustomResources(apiserver.admin);
}, 300_000);

afterAll(async () => {
  await apiserver?.stop();
});

/** A value set that asks for everything at once, for what no example has. */
const EVERYTHING = {
  listeners: { check: { enabled: true }, grpc: { enabled: true } },
  environment: { LOG_LEVEL: 'DEBUG', AUDIT_CLAIMS: 'sub' },
  projectedTokens: { login: { audience: 'https://login.example.com' } },
  imagePullSecrets: [{ name: 'pull' }],
  priorityClassName: 'system-cluster-critical',
  nodeSelector: { 'kubernetes.io/arch': 'arm64' },
  tolerations: [{ operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
  extraVolumes: [{ name: 'audit', emptyDir: {} }],
  extraVolumeMounts: [{ name: 'audit', mountPath: '/var/log/token-broker' }],
  podAnnotations: { note: 'x' },
  podLabels: { team: 'platform' },
  service: { annotations: { note: 'x' } },
  serviceAccount: { annotations: { note: 'x' } },
  podDisruptionBudget: { maxUnavailable: '50%' },
  networkPolicy: { egress: [{ ports: [{ port: 443 }] }] },
  rbac: { policyConfigMaps: { allNamespaces: true } },
};

/** Somebody's Envoy. */
const ENVOY: Manifest = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'envoy', namespace: NAMESPACE },
  spec: {
    selector: { matchLabels: { app: 'envoy' } },
    template: {
      metadata: { labels: { app: 'envoy' } },
      spec: {
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'envoy',
            image: 'envoy',
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    },
  },
};

/** A pod as the Deployment's controller would make it. */
function podOf(deployment: Manifest): Manifest {
  const { metadata, spec } = deployment.spec.template;
  const named = { ...metadata, name: 'pod', namespace: deployment.metadata.namespace };
  return { apiVersion: 'v1', kind: 'Pod', metadata: named, spec };
}

describe('the API server takes', () => {
  const all = () => [
    ...EXAMPLES.map((example) => ({ what: example, manifests: render({ example }) })),
    { what: 'no values', manifests: render() },
    { what: 'everything', manifests: render({ values: EVERYTHING }) },
    { what: 'a sidecar for any Envoy', manifests: render({ values: { mode: 'sidecar' } }) },
    { what: 'deploy/kubernetes', manifests: renderPlain() },
  ];

  test.each(all())('each object of $what', async ({ manifests }) => {
    expect(manifests.length).toBeGreaterThan(0);
    for (const manifest of manifests) await apiserver.admin.check(manifest);
  });

  test.each(all())('the pods of $what in a namespace of restricted pods', async ({ manifests }) => {
    for (const deployment of manifests.filter(({ kind }) => kind === 'Deployment')) {
      await apiserver.admin.check(podOf(deployment));
    }
  });

  test('a pod with a sidecar, patched as the notes say', async () => {
    const manifests = render({ values: { mode: 'sidecar' } });
    await apiserver.admin.apply(ENVOY);
    const patch = one(manifests, 'ConfigMap', `${NAME}-sidecar`).data['patch.yaml'];
    const { stdout, stderr } = PLAIN.kubectl(
      ['patch', 'deployment', 'envoy', '--namespace', NAMESPACE, '--type', 'strategic', '--patch', patch],
      apiserver.kubeconfigFile,
    );
    expect(stderr).toBe('');
    expect(stdout).toContain('patched');
    const patched: Manifest = await apiserver.admin.read(ENVOY);
    const { initContainers, containers } = patched.spec.template.spec;
    expect([...initContainers, ...containers].map(({ name }) => name)).toEqual(['token-broker', 'envoy']);
    await apiserver.admin.check(podOf(patched));
  });
});

describe('the API server refuses', () => {
  test.each<[string, string, string, (manifest: Manifest) => void]>([
    ['envoy-gateway', 'Deployment', 'readOnlyRoot', ({ spec }) => (spec.template.spec.containers[0].readOnlyRoot = 1)],
    ['envoy-gateway', 'EnvoyExtensionPolicy', 'failsOpen', ({ spec }) => (spec.wasm[0].failsOpen = true)],
    ['istio', 'WasmPlugin', 'phase', ({ spec }) => (spec.phase = 'LATER')],
    ['dex-token-broker', 'ServiceMonitor', 'interval', ({ spec }) => (spec.endpoints[0].interval = 'often')],
  ])('a mistake in %s, %s', async (example, kind, mistake, spoil) => {
    const manifest = one(render({ example }), kind);
    spoil(manifest);
    await expect(apiserver.admin.check(manifest)).rejects.toThrow(mistake);
  });

  test('a pod with more rights than ours in a namespace of restricted pods', async () => {
    const pod = podOf(one(render({ values: { securityContext: { allowPrivilegeEscalation: true } } }), 'Deployment'));
    await eventually(() => expect(apiserver.admin.check(pod)).rejects.toThrow('violates PodSecurity'));
  });
});

test('kubectl takes deploy/kubernetes as the page says', () => {
  const { status, stdout } = PLAIN.kubectl(['apply', '--kustomize', PLAIN.folder], apiserver.kubeconfigFile);
  expect(status).toBe(0);
  expect(stdout).toContain('deployment.apps/token-broker created');
});
