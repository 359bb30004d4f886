/** Whose JWTs are accepted, and what must hold for them. */
export interface ProviderConfiguration {
  readonly name: string;
  /** One of these must be `iss`; empty: any. */
  readonly issuers: readonly string[];
  /** One of these must be in `aud`; empty: any. */
  readonly audiences: readonly string[];
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly keys: KeySource;
  /** ms by which the provider's clock and ours may differ. */
  readonly clockSkew: number;
  /** Whether `iat` is looked at; DexTokenBroker does not. */
  readonly checkIssuedAt: boolean;
  /** What the header's `typ` must be (RFC 9068: `at+jwt`); undefined: anything. */
  readonly type: string | undefined;
  readonly requiredClaims: readonly RequiredClaim[];
  /** Of the whole token. */
  readonly maximumBytes: number;
}

/** RFC 7518 section 3.1 and RFC 8037; never `none`, and never an HMAC, whose key would be a shared secret. */
export const SIGNATURE_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
] as const;

export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** A claim that must be there, and what it must be. */
export type RequiredClaim = { readonly claim: string } & (
  | { readonly rule: 'present' }
  | { readonly rule: 'equals'; readonly value: ClaimValue }
  | { readonly rule: 'oneOf'; readonly values: readonly ClaimValue[] }
  | { readonly rule: 'contains'; readonly value: ClaimValue }
);

export type ClaimValue = string | number | boolean;

export interface KeySource {
  /** Where the key set is fetched; undefined: it is {@link local} alone. */
  readonly remote: RemoteKeys | undefined;
  /** A key set (RFC 7517 section 5) as JSON text: the only one, or the one that serves while none can be fetched. */
  readonly local: string | undefined;
}

export interface RemoteKeys {
  /** The set itself, or an issuer whose metadata name it (OpenID Connect Discovery 1.0, section 4). */
  readonly location: { readonly kind: 'url' | 'discovery'; readonly url: URL };
  readonly allowInsecure: boolean;
  /** PEM authorities to trust instead of the system's. */
  readonly caFile: string | undefined;
  /** ms for one request, connect to last byte. */
  readonly timeout: number;
  /** Fetched at start, and kept fresh from then on; otherwise when it is first needed. */
  readonly prefetch: boolean;
  /** ms for which a set is fresh: what its `cache-control` says, within bounds. */
  readonly freshness: { readonly minimum: number; readonly maximum: number; readonly default: number };
  /** ms after a fetch in which no unknown kid has the set fetched again. */
  readonly cooldown: number;
  /** ms for which a set is used when no newer one can be fetched. */
  readonly hardLimit: number;
}
