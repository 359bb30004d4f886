import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type Manifest, NAME, one, render } from './support/chart.ts';
import { renderPlain } from './support/plain.ts';

/** All documents of a folder of manifests. */
function readManifests(folder: string): Manifest[] {
  const url = new URL(`../../deploy/${folder}/`, import.meta.url);
  return readdirSync(url)
    .flatMap((file) => parseAllDocuments(readFileSync(new URL(file, url), 'utf8')))
    .map((document) => document.toJS());
}

/** A manifest with the names of `deploy/` instead of those of the release, so that only what differs is left. */
function renamed(manifest: Manifest, name = 'token-broker'): Manifest {
  return JSON.parse(
    JSON.stringify(manifest).replaceAll(`${NAME}.token-broker.svc`, 'token-broker.default.svc').replaceAll(NAME, name),
  );
}

describe('the chart and the manifests for Envoy Gateway agree', () => {
  const manual = readManifests('envoy-gateway');
  const sidecar = render({ example: 'envoy-gateway-sidecar' });
  const deployment = render({ example: 'envoy-gateway' });

  test('on the filter', () => {
    const [mine, theirs] = [sidecar, manual].map(
      (manifests) =>
        manifests.find(({ kind, spec }) => kind === 'EnvoyExtensionPolicy' && spec.wasm[0].code.image).spec,
    );
    const { url } = theirs.wasm[0].code.image;
    mine.wasm[0].code.image.url = url;
    expect(mine).toEqual(theirs);
  });

  test.each(['reload', 'cluster'])('on the EnvoyPatchPolicy %s', (what) => {
    const mine = one(sidecar, 'EnvoyPatchPolicy', `${NAME}-${what}`);
    expect(mine.spec).toEqual(one(manual, 'EnvoyPatchPolicy', `token-broker-${what}`).spec);
  });

  test.each(['HTTPRoute', 'SecurityPolicy', 'Backend'])('on the %s of callouts', (kind) => {
    const mine = one(deployment, kind, `${NAME}-callout`);
    expect(renamed(mine.spec)).toEqual(one(manual, kind, 'token-broker-callout').spec);
  });

  test('on the order of filters and the tags of metrics', () => {
    const [mine, theirs] = [sidecar, manual].map((manifests) => one(manifests, 'EnvoyProxy').spec);
    expect(mine.mergeType).toBe(theirs.mergeType);
    expect(mine.filterOrder).toEqual(theirs.filterOrder);
    expect(mine.bootstrap).toEqual(theirs.bootstrap);
    expect(one(deployment, 'EnvoyProxy').spec).toEqual({ ...mine, provider: undefined });
  });

  test('on the sidecar, but for its configuration', () => {
    const [mine, theirs] = [sidecar, manual].map(
      (manifests) =>
        one(manifests, 'EnvoyProxy').spec.provider.kubernetes.envoyDeployment.patch.value.spec.template.spec
          .initContainers[0],
    );
    for (const field of ['name', 'restartPolicy', 'ports', 'startupProbe', 'resources', 'securityContext']) {
      expect(mine[field]).toEqual(theirs[field]);
    }
    expect(mine.env).toEqual(expect.arrayContaining(theirs.env.filter(({ name }: Manifest) => /_ADDR$/.test(name))));
  });

  test('on who reaches control', () => {
    const policies = manual.filter(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && /^token-broker/.test(metadata.name),
    );
    expect(one(deployment, 'NetworkPolicy').spec.ingress[0].from).toEqual(policies[0].spec.ingress[0].from);
  });
});

describe('the chart and the manifests for Istio agree', () => {
  const manual = readManifests('istio');
  const mine = render({ example: 'istio', values: { fullnameOverride: 'token-broker' } });

  test('on the filter', () => {
    const [{ url: _mine, ...plugin }, { url: _theirs, ...manually }] = [mine, manual].map(
      (manifests) => one(manifests, 'WasmPlugin').spec,
    );
    expect(plugin).toEqual(manually);
  });

  test.each(['Sidecar', 'PeerAuthentication', 'AuthorizationPolicy', 'DestinationRule'])(
    'on the %s of control',
    (kind) => {
      const theirs = manual.find(
        ({ kind: each, metadata }) =>
          each === kind && metadata.namespace === 'token-broker' && metadata.name !== 'default',
      ).spec;
      const { selector: _selector, workloadSelector: _workload, ...spec } = one(mine, kind).spec;
      const { selector: _theirs, workloadSelector: _theirWorkload, ...expected } = theirs;
      // In whatever order: they are a set.
      const sorted = (ports: string[]) => [...ports].sort();
      for (const each of [spec, expected]) {
        for (const { to } of each.rules ?? []) to[0].operation.ports = sorted(to[0].operation.ports);
      }
      expect(spec).toEqual(expected);
    },
  );
});

describe('the chart and the manifest without it agree', () => {
  const mine = one(render(), 'Deployment').spec.template.spec;
  const plain = one(renderPlain(), 'Deployment').spec.template.spec;

  test.each(['securityContext', 'automountServiceAccountToken', 'terminationGracePeriodSeconds'])('on %s', (field) => {
    expect(plain[field]).toEqual(mine[field]);
  });

  test.each(['image', 'ports', 'startupProbe', 'readinessProbe', 'lifecycle', 'resources', 'securityContext'])(
    "on the container's %s",
    (field) => {
      expect(plain.containers[0][field]).toEqual(mine.containers[0][field]);
    },
  );
});
