import type { Secret } from '../secret.ts';
import type { AuthenticateConfiguration } from './authenticate.ts';
import type { ClusterConfiguration } from './cluster.ts';
import type { ExchangeAction, ExchangeDefaults } from './exchange.ts';
import type { KubernetesAction } from './kubernetes.ts';
import type { PolicyConfigMaps } from './policy-config-maps.ts';
import type { ProviderConfiguration } from './provider.ts';
import type { Revocation } from './revocation.ts';
import type { SharedCacheConfiguration } from './shared-cache.ts';
import type { AuditConfiguration, MetricExportConfiguration, Propagation, TracingConfiguration } from './telemetry.ts';

/** The whole of control's configuration: validated, immutable, whatever it was read from. */
export interface Configuration {
  readonly listeners: {
    /** The `ext_authz` endpoint `/check`; undefined when switched off. */
    readonly check: ListenerConfiguration | undefined;
    /** `/v1/*`, for the filter. */
    readonly filter: ListenerConfiguration | undefined;
    /** `ext_authz` over gRPC. */
    readonly grpc: ListenerConfiguration | undefined;
    /** The same over TLS, where the one above has none. */
    readonly grpcTls?: ListenerConfiguration | undefined;
    /** `/healthz`, `/readyz`, `/metrics`. */
    readonly admin: ListenerConfiguration | undefined;
    /** Metrics alone. */
    readonly metrics?: MetricsListener | undefined;
  };
  readonly logLevel: LogLevel;
  /** How long requests in flight may take at shutdown, ms. */
  readonly shutdownTimeout: number;
  /** Where decisions are recorded; undefined: nowhere. */
  readonly audit: AuditConfiguration | undefined;
  /** How spans are made; undefined: not at all. */
  readonly tracing: TracingConfiguration | undefined;
  readonly propagation: Propagation;
  /** How metrics are exported; undefined: they are for Prometheus alone. */
  readonly metricExport: MetricExportConfiguration | undefined;
  readonly cache: CacheConfiguration;
  readonly issuers: ReadonlyMap<string, IssuerConfiguration>;
  /** Whose JWTs are accepted, by name. */
  readonly providers: ReadonlyMap<string, ProviderConfiguration>;
  /** Kubernetes clusters, by name. */
  readonly clusters: ReadonlyMap<string, ClusterConfiguration>;
  readonly policy: PolicySettings;
  /** What is allowed and yet likely a mistake: logged at start. */
  readonly warnings: readonly string[];
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface ListenerConfiguration {
  readonly address: ListenAddress;
  readonly tls: ListenerTls | undefined;
}

export interface MetricsListener extends ListenerConfiguration {
  /** Where metrics are on it. */
  readonly path: string;
}

export type ListenAddress = TcpAddress | UnixAddress;

export interface TcpAddress {
  /** A name or an address without brackets; empty: every interface. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface UnixAddress {
  readonly path: string;
  /** Permissions of the socket, such as 0o660. */
  readonly mode: number;
}

export interface ListenerTls {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** When set, clients must show a certificate signed by this authority. */
  readonly clientCaFile: string | undefined;
}

export interface CacheConfiguration {
  /** Tokens kept; 0 switches the cache off. */
  readonly maximumEntries: number;
  /** ms */
  readonly cleanupInterval: number;
  /** ms before a token's expiry at which it is no longer given out; a fifth of its lifetime where that is shorter. */
  readonly safetyMargin: number;
  /** The HMAC key of filter caches and secret digests, the same on all replicas; undefined: random at start. */
  readonly key: Secret | undefined;
  /** Where replicas share tokens; undefined: nowhere. */
  readonly shared?: SharedCacheConfiguration | undefined;
}

export interface IssuerConfiguration {
  readonly name: string;
  readonly tokenEndpoint: URL;
  /** ms for one token request, connect to last byte. */
  readonly timeout: number;
  /** For parts of it, which {@link timeout} bounds too; undefined: that alone. */
  readonly timeouts?: IssuerTimeouts | undefined;
  /** PEM authorities to trust instead of the system's. */
  readonly caFile: string | undefined;
  readonly clientAuthentication: ClientAuthentication;
  /** What exchanges ask as where their entry names no client; the secret is undefined where it authenticates without. */
  readonly client: { readonly id: Secret; readonly secret: Secret | undefined } | undefined;
  /** Sent with every token request; none of the reserved names. */
  readonly extraParameters: ReadonlyMap<string, string>;
  readonly exchange: ExchangeDefaults;
  /** What challenges of entries that use this issuer name (RFC 9110 section 11.5). */
  readonly realm: string;
  /** Whether callers see the issuer's own `error` and `error_description` when it refuses them. */
  readonly showErrors: boolean;
  readonly budget: IssuerBudget;
}

/** All in ms. */
export interface IssuerTimeouts {
  /** Name and TCP connection. */
  readonly connect: number;
  readonly tlsHandshake: number;
  /** From when a request is sent until its answer begins. */
  readonly headers: number;
  /** How long a connection stays that nobody uses. */
  readonly idle: number;
}

export type ClientAuthentication =
  | { readonly method: 'client_secret_basic' | 'client_secret_post' }
  | {
      readonly method: 'private_key_jwt';
      /** PKCS #8 PEM. */
      readonly privateKeyFile: string;
      readonly keyId: string | undefined;
      readonly algorithm: 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
      /** `aud` of the assertion; undefined: the token endpoint. */
      readonly audience: string | undefined;
    }
  | {
      /** A JWT that somebody else keeps fresh, such as a Kubernetes service-account token (RFC 7523 section 2.2). */
      readonly method: 'jwt_assertion_file';
      readonly assertionFile: string;
    }
  | {
      /** RFC 8705 section 2.1: the certificate is shown in the TLS handshake. */
      readonly method: 'tls_client_auth';
      readonly certificateFile: string;
      readonly keyFile: string;
    };

/** What an issuer may be asked for at most. */
export interface IssuerBudget {
  /** Token requests under way at once. */
  readonly concurrency: number;
  /** Token requests per second, on average. */
  readonly rate: number;
  /** Token requests that may come at once after a pause. */
  readonly burst: number;
  /** Failures in a row (network, timeout, 5xx) that open the breaker. */
  readonly breakerFailures: number;
  /** ms the breaker stays open the first time; doubled with jitter up to ten times this while failures go on. */
  readonly breakerOpen: number;
}

/** Which token a request's backend wants, and who says so. */
export interface PolicySettings {
  /** The operator's own. */
  readonly entries: readonly PolicyEntry[];
  /** What happens to a request that no entry matches. */
  readonly unmatched: 'pass' | 'deny';
  /** Where more entries are. */
  readonly files: readonly PolicyFiles[];
  /** Undefined: nowhere else. */
  readonly configMaps: PolicyConfigMaps | undefined;
  /** The operator's own: they touch every route. */
  readonly revocations: readonly Revocation[];
  /** How refusals read. */
  readonly refusals: 'plain' | 'json';
  /** What becomes of an OPTIONS request without credentials where an entry exchanges and does not say. */
  readonly unauthenticatedOptions: UnauthenticatedOptions;
}

/** It is decided on like any other, goes on where it is a CORS preflight, or goes on in any case. */
export type UnauthenticatedOptions = 'decide' | 'preflight' | 'pass';

/** A file with a policy document, or a folder of such files. */
export interface PolicyFiles {
  readonly path: string;
  /** Hosts that its entries may claim, in lower case; undefined: any. */
  readonly hosts: readonly string[] | undefined;
  /** Whether its entries are the operator's: then they may name files and environment variables. */
  readonly trusted: boolean;
}

export interface PolicyEntry {
  /** Names the entry in logs and the route table: 1 to 128 of `A-Z a-z 0-9 . _ -`. */
  readonly id: string;
  /** Names the entry in problems: where it was written. */
  readonly setting: string;
  readonly match: {
    /** `*`, `*.suffix` or an exact name. */
    readonly host: string;
    readonly pathPrefix: string;
    /** Upper case; empty: every method. */
    readonly methods: readonly string[];
  };
  /** What becomes of an OPTIONS request without credentials; undefined: what the action wants. */
  readonly unauthenticatedOptions: UnauthenticatedOptions | undefined;
  readonly action: PassAction | DenyAction | ClientCredentialsAction | ExchangeAction | KubernetesAction;
}

export interface PassAction {
  readonly kind: 'pass';
  /** Headers that the backend never sees. */
  readonly strip: readonly string[];
  /** Undefined: anybody may. */
  readonly authenticate?: AuthenticateConfiguration | undefined;
}

export interface DenyAction {
  readonly kind: 'deny';
}

/** RFC 6749 section 4.4. */
export interface ClientCredentialsAction {
  readonly kind: 'clientCredentials';
  /** A key of `issuers`. */
  readonly issuer: string;
  readonly clientId: CredentialSource;
  /** Undefined where the client authenticates without a secret. */
  readonly clientSecret: CredentialSource | undefined;
  readonly scope: CredentialSource | undefined;
  /** The request header that gets `Bearer <token>`. */
  readonly authorizationHeader: string;
  /** More headers, from members of the token response. */
  readonly tokenHeaders: readonly { readonly field: string; readonly header: string }[];
  /** Headers that the backend never sees, besides those that credentials are read from and {@link tokenHeaders}. */
  readonly strip: readonly string[];
  /** Undefined: whoever has the credentials may. */
  readonly authenticate?: AuthenticateConfiguration | undefined;
  /** True where it is not the operator's: then its client shows a secret of its own, never the operator's key. */
  readonly needsSecret?: boolean;
}

/** Where a part of the credentials comes from: a header of the request, or the operator. */
export type CredentialSource =
  | { readonly from: 'header'; readonly header: string }
  | { readonly from: 'static'; readonly value: Secret };
