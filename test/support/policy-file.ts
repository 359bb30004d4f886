import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntryDocument } from '../../control/config/document.ts';
import type { ConfigMapsDocument } from '../../control/config/policy-config-maps.ts';
import type { ProviderDocument } from '../../control/config/provider-document.ts';
import type { ClusterDocument } from '../../control/config/read-clusters.ts';
import type { Client } from './identity-provider.ts';

/** A policy as control's configuration file writes it; its issuer is named `identity-provider`. */
export interface Policy {
  readonly unmatched: 'pass' | 'deny';
  readonly providers?: Readonly<
    Record<string, Partial<Omit<ProviderDocument, 'jwks'>> & { jwks: Partial<ProviderDocument['jwks']> }>
  >;
  readonly entries?: readonly EntryDocument[];
  readonly files?: readonly { readonly path: string; readonly hosts?: readonly string[]; readonly trusted?: boolean }[];
  readonly configMaps?: Partial<ConfigMapsDocument>;
  /** Merged into the issuer's configuration. */
  readonly issuer?: object;
  readonly clusters?: Readonly<Record<string, ClusterDocument>>;
}

/** Takes credentials from the headers where DexTokenBroker's users have them. */
export const CLIENT_CREDENTIALS: EntryDocument = {
  action: 'clientCredentials',
  clientCredentials: {
    issuerRef: 'identity-provider',
    clientId: { header: 'x-client-id' },
    clientSecret: { header: 'x-client-secret' },
    scope: { header: 'x-scope' },
  },
};

/** Has every caller get a token of one client's. */
export function credentialsOf({ id, secret }: Client): EntryDocument {
  const credentials = { clientId: { value: id }, clientSecret: { value: secret } };
  return { action: 'clientCredentials', clientCredentials: { issuerRef: 'identity-provider', ...credentials } };
}

/** Writes control's configuration file for that policy. */
export function writePolicyFile(tokenEndpoint: string, policy: Policy): { path: string; stop(): Promise<void> } {
  const directory = mkdtempSync(join(tmpdir(), 'envoy-token-broker-policy-'));
  const path = join(directory, 'control.yaml');
  const { providers = {}, issuer, clusters = {}, ...rest } = policy;
  const issuers = { 'identity-provider': { tokenEndpoint, allowInsecure: true, ...issuer } };
  writeFileSync(path, JSON.stringify({ version: 'v1', issuers, providers, clusters, policy: rest }));
  return { path, stop: async () => rmSync(directory, { recursive: true, force: true }) };
}
