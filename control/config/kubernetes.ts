import type { AuthenticateConfiguration, TokenPlaceConfiguration } from './authenticate.ts';

/** A service account's token becomes one of a service account in another cluster. */
export interface KubernetesAction {
  readonly kind: 'kubernetes';
  /** Whose tokens are taken; which of them a token is of, its issuer says. */
  readonly sources: readonly AccountSourceConfiguration[];
  /** A key of `clusters`: who is asked for the new token. */
  readonly target: string;
  /** Where the token is; undefined: the Bearer token. */
  readonly subjectToken: TokenPlaceConfiguration | undefined;
  /** Of the new token; empty: the target's own. */
  readonly audiences: readonly string[];
  /** What is asked for; Kubernetes gives no less than 600. */
  readonly expirationSeconds: number;
  /** ms for which a caller is believed to be who it was found to be: how long a revocation may take. */
  readonly maximumDecisionAge: number;
  readonly accounts: AccountRules;
  /** The request header that gets `Bearer <token>`. */
  readonly authorizationHeader: string;
  /** Headers that the backend never sees, besides the one that the token is read from. */
  readonly strip: readonly string[];
  /** Undefined: whoever has such a token. */
  readonly authenticate?: AuthenticateConfiguration | undefined;
}

export type AccountSourceConfiguration =
  | {
      readonly kind: 'review';
      /** A key of `clusters`: its API server is asked about each token (TokenReview). */
      readonly name: string;
      /** One of these must be the token's; empty: the API server's own must be. */
      readonly audiences: readonly string[];
    }
  | {
      readonly kind: 'keys';
      /** A key of `providers`: tokens are verified with its key set, and nobody is asked. */
      readonly name: string;
    };

/** Which service account of the target a caller becomes; none where these say nothing of it. */
export interface AccountRules {
  readonly namespaces: NameLists;
  readonly names: NameLists;
  /** The first that is about a caller counts. */
  readonly map: readonly AccountRule[];
}

/** Patterns: a name, or the beginning of names and `*`. What is denied is not asked for either. */
export interface NameLists {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export interface AccountRule {
  readonly from: {
    /** The name of a source; undefined: any. */
    readonly source: string | undefined;
    readonly namespace: string;
    readonly name: string;
  };
  /** Texts in which `{source}`, `{namespace}` and `{name}` stand for the caller's. */
  readonly to: { readonly namespace: string; readonly name: string };
}

/** What Kubernetes has in namespaces of its own, which hardly anybody means to hand from cluster to cluster. */
export const DENIED_NAMESPACES: readonly string[] = ['kube-*'];
