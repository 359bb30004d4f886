import type { UnauthenticatedOptions } from './configuration.ts';
import type { ExchangeDocument, OperatorSourceDocument } from './exchange-document.ts';
import type { KubernetesDocument } from './kubernetes-document.ts';
import type { ConfigMapsDocument } from './policy-config-maps.ts';
import type { AuthenticateDocument, ProviderDocument } from './provider-document.ts';
import type { ClusterDocument } from './read-clusters.ts';
import type { RevocationDocument } from './revocation.ts';

/** The configuration file as its schema (schema.json) describes it, defaults filled in. */
export interface ConfigurationDocument {
  readonly version: 'v1';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly shutdownTimeout: string;
  readonly audit?: { readonly log: string; readonly claims: readonly string[] };
  readonly listeners: {
    readonly check?: ListenerDocument;
    readonly filter: ListenerDocument;
    readonly grpc?: ListenerDocument & { readonly allowAnyClient: boolean };
    readonly admin: ListenerDocument;
  };
  readonly cache: {
    readonly maximumEntries: number;
    readonly cleanupInterval: string;
    readonly safetyMargin: string;
    readonly keyFile?: string;
    readonly shared?: SharedCacheDocument;
  };
  readonly issuers: Readonly<Record<string, IssuerDocument>>;
  readonly providers: Readonly<Record<string, ProviderDocument>>;
  readonly clusters: Readonly<Record<string, ClusterDocument>>;
  readonly policy: {
    readonly unmatched: 'pass' | 'deny';
    readonly entries: readonly EntryDocument[];
    readonly revocations: readonly RevocationDocument[];
    readonly refusals: 'plain' | 'json';
    readonly unauthenticatedOptions: UnauthenticatedOptions;
    readonly files: readonly { readonly path: string; readonly hosts?: readonly string[]; readonly trusted: boolean }[];
    readonly configMaps?: ConfigMapsDocument;
  };
}

export interface SharedCacheDocument {
  readonly url: string;
  readonly username?: string;
  readonly password?: OperatorSourceDocument;
  readonly tls?: { readonly caFile?: string; readonly certificateFile?: string; readonly keyFile?: string };
  readonly keys: readonly OperatorSourceDocument[];
  readonly timeout: string;
  readonly bypass: string;
  readonly lockExpiry: string;
  readonly keyPrefix: string;
}

export interface ListenerDocument {
  readonly address: string;
  readonly socketMode?: string;
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string; readonly clientCaFile?: string };
}

export interface IssuerDocument {
  readonly tokenEndpoint: string;
  readonly allowInsecure: boolean;
  readonly timeout: string;
  readonly caFile?: string;
  readonly clientAuthentication: ClientAuthenticationDocument;
  readonly client?: { readonly id: OperatorSourceDocument; readonly secret?: OperatorSourceDocument };
  readonly extraParameters?: Readonly<Record<string, string>>;
  readonly exchange?: {
    readonly grantType?: string;
    readonly subjectTokenType?: string;
    readonly issuedTokenType?: string;
  };
  readonly realm: string;
  readonly showErrors: boolean;
  readonly budget: {
    readonly concurrency: number;
    readonly rate: number;
    readonly burst: number;
    readonly breakerFailures: number;
    readonly breakerOpen: string;
  };
}

export type ClientAuthenticationDocument =
  | { readonly method: 'client_secret_basic' | 'client_secret_post' }
  | {
      readonly method: 'private_key_jwt';
      readonly privateKeyFile: string;
      readonly keyId?: string;
      readonly algorithm?: 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
      readonly audience?: string;
    }
  | { readonly method: 'jwt_assertion_file'; readonly assertionFile?: string }
  | { readonly method: 'tls_client_auth'; readonly certificateFile: string; readonly keyFile: string };

/** A document of app-owned policy whose entries have not been looked at. */
export interface PolicyDocumentShell {
  readonly version: 'v1';
  readonly entries: readonly unknown[];
  readonly revocations: readonly unknown[];
}

/** An element of `policy.entries`, or of `entries` in a policy document. */
export interface EntryDocument {
  readonly id?: string;
  readonly match?: MatchDocument;
  readonly authenticate?: AuthenticateDocument;
  readonly unauthenticatedOptions?: UnauthenticatedOptions;
  readonly action: 'pass' | 'deny' | 'clientCredentials' | 'exchange' | 'kubernetes';
  readonly pass?: { readonly strip?: readonly string[] };
  readonly clientCredentials?: ClientCredentialsDocument;
  readonly exchange?: ExchangeDocument;
  readonly kubernetes?: KubernetesDocument;
}

export interface MatchDocument {
  readonly host?: string;
  readonly pathPrefix?: string;
  readonly methods?: readonly string[];
}

export interface ClientCredentialsDocument {
  readonly issuerRef: string;
  readonly clientId: SourceDocument;
  readonly clientSecret?: SourceDocument;
  readonly scope?: SourceDocument;
  readonly authorizationHeader?: string;
  readonly tokenHeaders?: readonly { readonly field: string; readonly header: string }[];
  readonly strip?: readonly string[];
}

/** Exactly one of these. */
export interface SourceDocument extends OperatorSourceDocument {
  readonly header?: string;
}
