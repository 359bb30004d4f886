import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { binaryOf } from '../support/gateway/binaries.ts';
import { ControlCertificates } from '../support/gateway/control-certificates.ts';
import { type Manifest, readShipped, SHIPPED } from '../support/gateway/manifests.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Values for Envoy Gateway's Helm chart are no manifest. */
const FILES = readdirSync(SHIPPED).filter((name) => name !== 'values.yaml');

/** What Envoy Gateway's own check says of its kinds: it ends with 0 in any case. */
function validate(path: string): string {
  return execFileSync(binaryOf('egctl'), ['x', 'validate', '-f', path], { encoding: 'utf8' });
}

/** What Kubernetes' types say of all kinds. */
function check(path: string): string {
  return spawnSync(binaryOf('check-manifests'), [path], { encoding: 'utf8' }).stdout;
}

describe('the manifests for Envoy Gateway', () => {
  test.each(FILES)('%s is valid, without an unknown field', (name) => {
    const path = fileURLToPath(new URL(name, SHIPPED));
    expect(validate(path)).toContain('OK');
    expect(check(path)).toBe('');
  });

  test.each([
    ['filter.yaml', 'failOpen:', 'failsOpen:', validate],
    ['callers.yaml', 'defaultAction: Deny', 'defaultAction: Refuse', validate],
    ['envoy-proxy.yaml', 'restartPolicy:', 'restartsPolicy:', check],
    ['network-policy.yaml', 'ingress:', 'ingres:', check],
    ['control.yaml', 'readOnlyRootFilesystem:', 'readOnlyRoot:', check],
  ])('a mistake in %s is found', (name, right, wrong, find) => {
    const folder = mkdtempSync(join(tmpdir(), 'manifest-'));
    const path = join(folder, name);
    writeFileSync(path, readFileSync(new URL(name, SHIPPED), 'utf8').replace(right, wrong));
    expect(find(path)).toContain(wrong.split(': ').at(-1)?.replace(':', ''));
    rmSync(folder, { recursive: true });
  });

  test('say the same where they mean the same', () => {
    const [image] = readShipped('filter');
    const [web] = readShipped('filter-over-http');
    for (const policy of [image, web]) delete policy.spec.wasm[0].code;
    expect(web).toEqual(image);
    expect(image.spec.wasm[0].config.cluster).toBe(readShipped('callout-cluster')[0].spec.jsonPatches[0].name);

    const { stats_tags: tags } = parse(readFileSync(`${ROOT}envoy/token-broker.yaml`, 'utf8')).stats_config;
    const { jsonPatches } = readShipped('envoy-proxy')[0].spec.bootstrap;
    expect(jsonPatches.map(({ value }: Manifest) => value)).toEqual(tags);
  });

  test('let Envoy reach control where it listens, and nobody else', () => {
    const [deployment, service] = readShipped('control');
    const [, policy] = readShipped('network-policy');
    const { labels } = deployment.spec.template.metadata;
    expect(service.spec.selector).toEqual(labels);
    expect(policy.spec.podSelector.matchLabels).toEqual(labels);
    const ports = service.spec.ports.map(({ port }: Manifest) => port);
    expect(policy.spec.ingress[0].ports.map(({ port }: Manifest) => port)).toEqual(ports);
    const host = `${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local`;
    for (const name of ['callout-route', 'ext-authz-grpc']) {
      const backend = readShipped(name).find(({ kind }) => kind === 'Backend');
      expect(backend.spec.endpoints[0].fqdn.hostname).toBe(host);
      expect(ports).toContain(backend.spec.endpoints[0].fqdn.port);
      expect(backend.spec.tls.sni).toBe(host);
    }
  });
});

describe("control's environment in the manifests", () => {
  let certificates: ControlCertificates;
  beforeAll(() => {
    certificates = new ControlCertificates();
  });
  afterAll(() => certificates.remove());

  test.each([
    ['a sidecar', () => sidecar().initContainers[0]],
    ['a Deployment', () => readShipped('control')[0].spec.template.spec.containers[0]],
  ])('of %s is accepted by control', (_what, containerOf) => {
    const files = certificates.environmentFor('FILTER', 'GRPC');
    const environment = containerOf().env.map(({ name, value }: Manifest) => {
      // Any file of 32 bytes does as a key.
      return [name, files[name] ?? (name === 'CACHE_KEY_FILE' ? files.FILTER_TLS_KEY_FILE : value)];
    });
    const { PATH } = process.env;
    const { status, stderr } = spawnSync(process.execPath, ['control/main.ts', '--check-config'], {
      cwd: ROOT,
      env: { PATH, ...Object.fromEntries(environment) },
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

function sidecar(): Manifest {
  return readShipped('envoy-proxy')[0].spec.provider.kubernetes.envoyDeployment.patch.value.spec.template.spec;
}
