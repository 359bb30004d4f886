import type { ExchangeGrant } from './exchange.ts';
import type { TokenPlaceDocument } from './provider-document.ts';
import type { SecretReferenceDocument } from './secret-reference.ts';

/** The action `exchange`; what has a default in the schema may be left out where no file was read. */
export interface ExchangeDocument {
  readonly issuerRef: string;
  readonly grant?: ExchangeGrant;
  /** The issuer's own client, unless it is given. */
  readonly clientId?: OperatorSourceDocument;
  readonly clientSecret?: OperatorSourceDocument;
  readonly scope?: string | OperatorSourceDocument;
  readonly resources?: readonly string[];
  readonly audiences?: readonly string[];
  readonly subjectToken?: TokenPlaceDocument;
  readonly subjectTokenType?: string;
  readonly requestedTokenType?: string;
  readonly actorToken?: ActorTokenDocument;
  readonly extraParameters?: Readonly<Record<string, string>>;
  readonly maximumDecisionAge?: string;
  readonly authorizationHeader?: string;
  readonly tokenHeaders?: readonly { readonly field: string; readonly header: string }[];
  readonly strip?: readonly string[];
}

/** Exactly one of these. */
export interface OperatorSourceDocument {
  readonly file?: string;
  readonly environment?: string;
  readonly secretRef?: SecretReferenceDocument;
  readonly value?: string;
}

/** A place in the request, or a value of the operator's. */
export interface ActorTokenDocument extends TokenPlaceDocument, OperatorSourceDocument {
  readonly type?: string;
}
