import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { IdentityProvider } from '../../support/identity-provider.ts';
import { type Manifest, Manifests } from './manifests.ts';

/** Control's configuration file, which control reads when it starts. */
export class ControlFile {
  readonly #directory = mkdtempSync(join(tmpdir(), 'envoy-token-broker-control-'));
  readonly path = join(this.#directory, 'control.yaml');
  /** As last written. */
  document: Manifest;

  constructor(document: Manifest) {
    this.document = document;
    this.write(document);
  }

  write(document: Manifest): void {
    this.document = document;
    writeFileSync(this.path, JSON.stringify(document));
  }

  async stop(): Promise<void> {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** The configuration in `deploy/istio/control.yaml`, with the identity provider's endpoint and first client in it. */
export function shippedConfiguration({ tokenEndpoint, clients }: IdentityProvider): Manifest {
  const document = parse(Manifests.shipped('control').find('ConfigMap').data['control.yaml']);
  // The key and the secret are files of Secrets.
  delete document.cache.keyFile;
  Object.assign(document.issuers.login, { tokenEndpoint, allowInsecure: true });
  const [{ clientCredentials }] = document.policy.entries;
  clientCredentials.clientId = { value: clients.first.id };
  clientCredentials.clientSecret = { value: clients.first.secret };
  return document;
}

/** Adds a policy entry that refuses what is below a path. */
export function denyBelow(document: Manifest, pathPrefix: string): void {
  document.policy.entries.push({ id: 'closed', match: { pathPrefix }, action: 'deny' });
}

/** The same configuration, whose one entry lets CORS preflights through. */
export function preflightConfiguration(identityProvider: IdentityProvider): Manifest {
  const document = shippedConfiguration(identityProvider);
  document.policy.entries[0].unauthenticatedOptions = 'preflight';
  return document;
}

/** The same configuration, whose one entry exchanges the caller's token for one that the backend wants. */
export function exchangingConfiguration(identityProvider: IdentityProvider): Manifest {
  const document = shippedConfiguration(identityProvider);
  const [{ id, match, clientCredentials }] = document.policy.entries;
  const exchange = { ...clientCredentials, ...identityProvider.exchange.first.exchange };
  document.policy.entries = [{ id, match, action: 'exchange', exchange }];
  return document;
}
