import type { TokenPlaceDocument } from './provider-document.ts';

/** The action `kubernetes`; what has a default in the schema may be left out where no file was read. */
export interface KubernetesDocument {
  /** Each of exactly one of cluster and provider. */
  readonly sources: readonly AccountSourceDocument[];
  readonly target: string;
  readonly subjectToken?: TokenPlaceDocument;
  readonly audiences?: readonly string[];
  readonly expirationSeconds?: number;
  readonly maximumDecisionAge?: string;
  readonly accounts?: {
    readonly namespaces?: NameListsDocument;
    readonly names?: NameListsDocument;
    readonly map?: readonly AccountRuleDocument[];
  };
  readonly authorizationHeader?: string;
  readonly strip?: readonly string[];
}

export interface AccountSourceDocument {
  readonly cluster?: string;
  readonly audiences?: readonly string[];
  readonly provider?: string;
}

export interface NameListsDocument {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

export interface AccountRuleDocument {
  readonly from?: { readonly source?: string; readonly namespace?: string; readonly name?: string };
  readonly to?: { readonly namespace?: string; readonly name?: string };
}
