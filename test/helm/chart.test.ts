import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHART, EXAMPLES, helm, type Manifest, NAME, NAMESPACE, one, render } from './support/chart.ts';

describe('the chart', () => {
  test.each(['', ...EXAMPLES])('passes its linter with the values %j', (example) => {
    const { status, stdout } = helm(['lint', '--strict', CHART], example === '' ? {} : { example });
    expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed');
    expect(status).toBe(0);
  });

  test('says in its notes what is still to be done', () => {
    const notes = (example?: string, values = {}) =>
      helm(['install', 'broker', CHART, '--dry-run=client'], { ...(example && { example }), values }).stdout.split(
        'NOTES:',
      )[1];
    expect(notes()).toContain(`${NAME}-tls: tls.crt, tls.key, ca.crt`);
    expect(notes()).toContain('NOBODY REACHES CONTROL YET');
    expect(notes('envoy-gateway')).not.toContain('NOBODY');
    expect(notes('envoy-gateway')).not.toContain('filter.sha256');
    expect(notes('envoy-gateway', { filter: { sha256: '' } })).toContain('filter.sha256 is empty');
    expect(notes('envoy-gateway-sidecar')).toContain('THE RELEASE IS IN token-broker');
    expect(notes('istio')).toContain("Istio's sidecars injected");
    expect(notes(undefined, { mode: 'sidecar' })).toContain('patch deployment DEPLOYMENT --type strategic');
  });
});

describe('control as a Deployment', () => {
  const manifests = render({ example: 'envoy-gateway' });
  const deployment = one(manifests, 'Deployment');
  const { spec: pod, metadata } = deployment.spec.template;
  const [container] = pod.containers;

  test('may do as little as can be', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsUser: 65532, runAsGroup: 65532 },
    });
    expect(container.securityContext).toEqual({
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.volumeMounts.every(({ readOnly }: Manifest) => readOnly)).toBe(true);
    expect(manifests.filter(({ kind }) => kind.includes('Role'))).toEqual([]);
  });

  test('is told of changes: no file is mounted by itself, which Kubernetes would never renew', () => {
    expect(container.volumeMounts.filter(({ subPath }: Manifest) => subPath !== undefined)).toEqual([]);
  });

  test('starts anew for what control reads at its start alone, and for nothing else', () => {
    const templateOf = (config: object) =>
      one(render({ example: 'envoy-gateway', values: { config } }), 'Deployment').spec.template;
    const before = { metadata, spec: pod };
    expect(templateOf({ policy: { unmatched: 'pass' }, logLevel: 'debug' })).toEqual(before);
    expect(templateOf({ cache: { maximumEntries: 5 } })).not.toEqual(before);
    expect(templateOf({ audit: { log: 'stdout' } })).not.toEqual(before);
    expect(templateOf({ shutdownTimeout: '20s' })).not.toEqual(before);
  });

  test('gets from its values a configuration file that says the same', () => {
    const text = one(manifests, 'ConfigMap').data['control.yaml'];
    expect(parse(text)).toMatchObject({
      version: 'v1',
      cache: { keyFile: '/etc/token-broker/cache-key/key' },
      policy: { entries: [{ id: 'orders', clientCredentials: { clientId: { value: 'orders-gateway' } } }] },
    });
  });

  test('is reached at the ports where it listens, by names that begin with their protocol', () => {
    const values = {
      mode: 'deployment',
      listeners: { check: { enabled: true }, grpc: { enabled: true, port: 9083 } },
      networkPolicy: { envoys: [{ podSelector: {} }], prometheus: [{ namespaceSelector: {} }] },
    };
    const all = render({ values });
    const { ports } = one(all, 'Service').spec;
    expect(ports.map(({ name, port }: Manifest) => [name, port])).toEqual([
      ['http-check', 8080],
      ['https-filter', 8081],
      ['grpc-check', 9083],
    ]);
    const { containers } = one(all, 'Deployment').spec.template.spec;
    const { ports: open, env } = containers[0];
    for (const { port, targetPort } of ports) {
      expect(open).toContainEqual({ name: targetPort, containerPort: port });
      expect(env.map(({ value }: Manifest) => value)).toContain(`:${port}`);
    }
    const [envoys, prometheus] = one(all, 'NetworkPolicy').spec.ingress;
    expect(envoys.ports).toEqual([{ port: 8080 }, { port: 8081 }, { port: 9083 }]);
    expect(prometheus.ports).toEqual([{ port: 8082 }]);
  });

  test('is reached by nobody while no Envoys are named', () => {
    expect(one(render(), 'NetworkPolicy').spec).toMatchObject({ policyTypes: ['Ingress'], ingress: [] });
  });

  test('has selectors that find its pods', () => {
    const { labels } = metadata;
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    expect(one(manifests, 'Service').spec.selector).toEqual(labels);
    expect(one(manifests, 'PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels);
    expect(one(manifests, 'NetworkPolicy').spec.podSelector.matchLabels).toEqual(labels);
  });

  test('is found by Prometheus through a Service of its own', () => {
    const all = render({ example: 'dex-token-broker' });
    const metrics = one(all, 'Service', `${NAME}-metrics`);
    const monitor = one(all, 'ServiceMonitor');
    expect(metrics.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels);
    expect(one(all, 'Service', NAME).metadata.labels).not.toMatchObject(monitor.spec.selector.matchLabels);
    expect(monitor.spec.endpoints[0].port).toBe(metrics.spec.ports[0].name);
  });

  test('gets an image by its digest, when that is known', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const image = (values: object) => one(render({ values }), 'Deployment').spec.template.spec.containers[0].image;
    expect(image({})).toMatch(/^ghcr\.io\/envoy-token-broker\/control:v\d+\.\d+\.\d+$/);
    expect(image({ image: { digest } })).toBe(`ghcr.io/envoy-token-broker/control@${digest}`);
  });

  test('names objects in the namespace of the release, and of the Gateway', () => {
    const namespaces = new Set(manifests.map(({ metadata: { namespace } }) => namespace));
    expect([...namespaces].sort()).toEqual(['default', NAMESPACE]);
  });
});

describe('control as a sidecar', () => {
  const manifests = render({ example: 'envoy-gateway-sidecar' });
  const patch = parse(one(manifests, 'ConfigMap', `${NAME}-sidecar`).data['patch.yaml']);
  const [sidecar] = patch.spec.template.spec.initContainers;

  test('is a patch, and no Deployment', () => {
    expect(manifests.filter(({ kind }) => ['Deployment', 'Service', 'NetworkPolicy'].includes(kind))).toEqual([]);
    expect(sidecar).toMatchObject({ name: 'token-broker', restartPolicy: 'Always' });
  });

  test('gives tokens to nobody outside the pod', () => {
    const addresses = Object.fromEntries(sidecar.env.map(({ name, value }: Manifest) => [name, value]));
    expect(addresses).toMatchObject({
      LISTEN_ADDR: 'off',
      FILTER_LISTEN_ADDR: '127.0.0.1:8081',
      GRPC_LISTEN_ADDR: 'off',
    });
  });

  test('is the same in the patch of the EnvoyProxy', () => {
    expect(one(manifests, 'EnvoyProxy').spec.provider.kubernetes.envoyDeployment.patch.value).toEqual(patch);
  });
});
