import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { readEntrypoint } from '../../support/dockerfile.ts';
import { type Manifest, NAME, one } from './chart.ts';
import { LocalPod, type Secrets } from './local-pod.ts';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const authority = createCertificateAuthority();
const { certificate, key } = authority.issue('token-broker');
const tls = { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': authority.certificate };
const cacheKey = { key: Buffer.alloc(32, 7) };
const SECRETS: Secrets = {
  [`${NAME}-tls`]: tls,
  [`${NAME}-cache-key`]: cacheKey,
  'token-broker-tls': tls,
  'token-broker-cache-key': cacheKey,
  'token-broker-client': { 'client-secret': 'planted' },
};

/** A container of control's, the pod's `spec` that it is in, and all else that was rendered. */
export interface Control {
  pod: Manifest;
  container: Manifest;
  manifests: Manifest[];
}

export function deployed(manifests: Manifest[]): Control {
  const pod = one(manifests, 'Deployment').spec.template.spec;
  return { pod, container: pod.containers[0], manifests };
}

export function beside(manifests: Manifest[]): Control {
  const pod = parse(one(manifests, 'ConfigMap', `${NAME}-sidecar`).data['patch.yaml']).spec.template.spec;
  return { pod, container: pod.initContainers[0], manifests };
}

/** Control's files and environment, with Secrets that fit all that we ship. */
export function filesOf({ pod, container, manifests }: Control): LocalPod {
  return new LocalPod(pod, container, manifests, SECRETS);
}

/** What the image runs, with what the container adds. */
export function commandOf(container: Manifest): string[] {
  const [node, ...words] = readEntrypoint();
  expect(node).toBe('/nodejs/bin/node');
  expect(container.command).toBeUndefined();
  return [...words, ...(container.args ?? [])];
}

/** What control itself says of its configuration. */
export function checkConfiguration(control: Control) {
  const files = filesOf(control);
  const { status, stderr, stdout } = spawnSync(process.execPath, [...commandOf(control.container), '--check-config'], {
    cwd: ROOT,
    env: files.environment,
    encoding: 'utf8',
  });
  files.remove();
  return { status, stderr, stdout };
}
