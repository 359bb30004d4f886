import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority } from '../certificates.ts';
import type { Manifest } from './manifests.ts';

/** Control's name in the cluster, as the manifests have it. */
const CONTROL = 'token-broker.default.svc.cluster.local';

/** What control and Envoy show each other, signed by one authority. */
export class ControlCertificates {
  readonly #folder = mkdtempSync(join(tmpdir(), 'control-certificates-'));
  readonly #authority = createCertificateAuthority();

  /** @param name in control's certificate */
  constructor(name = CONTROL) {
    const { certificate, key } = this.#authority.issue(name);
    const files = { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': this.#authority.certificate };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(this.#folder, name), content);
  }

  /** Of control: its listeners for Envoy take TLS with client certificates. */
  environmentFor(...listeners: readonly ('FILTER' | 'GRPC')[]): Record<string, string> {
    return Object.fromEntries(
      listeners.flatMap((listener) => [
        [`${listener}_TLS_CERT_FILE`, join(this.#folder, 'tls.crt')],
        [`${listener}_TLS_KEY_FILE`, join(this.#folder, 'tls.key')],
        [`${listener}_TLS_CLIENT_CA_FILE`, join(this.#folder, 'ca.crt')],
      ]),
    );
  }

  /** The Secret with Envoy's certificate that the manifests refer to. */
  secret(): Manifest {
    const { certificate, key } = this.#authority.issue('envoy');
    const encode = (text: string): string => Buffer.from(text).toString('base64');
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'token-broker-envoy', namespace: 'default' },
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': encode(certificate), 'tls.key': encode(key), 'ca.crt': encode(this.#authority.certificate) },
    };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
