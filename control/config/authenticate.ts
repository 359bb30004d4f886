import type { RequiredClaim } from './provider.ts';

/** Who may use a policy entry, and what becomes of what they are known by. */
export interface AuthenticateConfiguration {
  /** Names of `providers`, asked in this order; empty where Envoy's `jwt_authn` alone judges. */
  readonly providers: readonly string[];
  /** Where the token is looked for; the first place that has one counts. */
  readonly from: readonly TokenPlaceConfiguration[];
  readonly afterwards: Afterwards;
  /** What a request without a token gets, or one whose token is refused: let through, it never gets a token from us. */
  readonly unauthenticated: Unauthenticated;
  /** All of these must be in `scope` or `scp`. */
  readonly requiredScopes: readonly string[];
  readonly claimToHeaders: readonly ClaimToHeader[];
  /** Gets the payload as the token has it, base64url. */
  readonly forwardPayloadHeader: string | undefined;
  /** Where later filters find claims, and the payload as JSON text. */
  readonly claimToFilterState: readonly ClaimToFilterState[];
  readonly payloadToFilterState: string | undefined;
  /** SPIFFE IDs, one of which the client's certificate must have; empty: none is asked for. One that ends in `/*` means all below. */
  readonly workloads: readonly string[];
  /** What must hold for the claims that Envoy's `jwt_authn` verified in front of the filter. */
  readonly envoyClaims: readonly RequiredClaim[];
  /** ms for which a decision may be given again at most. */
  readonly maximumDecisionAge: number;
}

export type Unauthenticated = 'refuse' | 'allowMissing' | 'allowMissingOrFailed';

export type TokenPlaceConfiguration =
  | {
      readonly from: 'header';
      readonly header: string;
      /** Compared without case. */
      readonly prefix: string;
      /** Otherwise a value without it is the token as a whole, as in DexTokenBroker. */
      readonly prefixRequired: boolean;
    }
  | { readonly from: 'cookie'; readonly cookie: string };

/** What becomes of the place that the token came from. */
export type Afterwards =
  | { readonly kind: 'strip' }
  | { readonly kind: 'keep' }
  /** The bare token goes on under this header. */
  | { readonly kind: 'forwardAs'; readonly header: string };

export type ClaimFormat = 'plain' | 'json';

export interface ClaimToHeader {
  /** A dot path. */
  readonly claim: string;
  readonly header: string;
  readonly format: ClaimFormat;
}

export interface ClaimToFilterState {
  readonly claim: string;
  /** `wasm.token_broker.<name>` in Envoy. */
  readonly name: string;
  readonly format: ClaimFormat;
}

/** For how long a decision on a caller's token is given again, where nothing else is said. */
export const DEFAULT_DECISION_AGE = 300_000;
