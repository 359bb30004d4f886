import type { ClaimFormat } from './authenticate.ts';
import type { ClaimValue, SignatureAlgorithm } from './provider.ts';

/** One member of `providers`, defaults filled in. */
export interface ProviderDocument {
  /** One or several. */
  readonly issuer: string | readonly string[];
  readonly audiences: readonly string[];
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly jwks: KeySetDocument;
  readonly clockSkew: string;
  readonly type?: string;
  readonly requiredClaims: readonly RequiredClaimDocument[];
  readonly maximumBytes: number;
}

export interface KeySetDocument {
  readonly url?: string;
  readonly discovery?: string;
  readonly file?: string;
  /** A JWK Set as it stands. */
  readonly inline?: object;
  readonly fallbackFile?: string;
  readonly timeout: string;
  readonly cacheDuration: { readonly minimum: string; readonly maximum: string; readonly default: string };
  readonly cooldown: string;
  readonly hardLimit: string;
  readonly prefetch: boolean;
  readonly caFile?: string;
  readonly allowInsecure: boolean;
}

/** Exactly one rule beside the claim. */
export interface RequiredClaimDocument {
  readonly claim: string;
  readonly present?: true;
  readonly equals?: ClaimValue;
  readonly oneOf?: readonly ClaimValue[];
  readonly contains?: ClaimValue;
}

/** The member `authenticate` of an action, defaults filled in. */
export interface AuthenticateDocument {
  readonly providers?: readonly string[];
  readonly from?: readonly TokenPlaceDocument[];
  readonly afterwards?: 'strip' | 'keep' | { readonly forwardAs: string };
  readonly allowMissing?: boolean;
  readonly allowMissingOrFailed?: boolean;
  readonly requiredScopes?: readonly string[];
  readonly claimToHeaders?: readonly {
    readonly claim: string;
    readonly header: string;
    readonly format?: ClaimFormat;
  }[];
  readonly forwardPayloadHeader?: string;
  readonly claimToFilterState?: readonly {
    readonly claim: string;
    readonly name: string;
    readonly format?: ClaimFormat;
  }[];
  readonly payloadToFilterState?: string;
  readonly workloads?: readonly string[];
  readonly envoyClaims?: readonly RequiredClaimDocument[];
  readonly maximumDecisionAge?: string;
}

/** A header, with the prefix that its value must have, or a cookie. */
export interface TokenPlaceDocument {
  readonly header?: string;
  readonly prefix?: string;
  readonly cookie?: string;
}
