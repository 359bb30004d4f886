import type { Secret } from '../secret.ts';
import type { AuthenticateConfiguration, TokenPlaceConfiguration } from './authenticate.ts';

/** RFC 8693: the caller's token is exchanged for one that the backend wants. */
export interface ExchangeAction {
  readonly kind: 'exchange';
  /** A key of `issuers`. */
  readonly issuer: string;
  /** The operator's own client; undefined: the issuer's. */
  readonly clientId: Secret | undefined;
  /** Undefined where the client authenticates without a secret. */
  readonly clientSecret: Secret | undefined;
  /** Space separated. */
  readonly scope: string | undefined;
  readonly resources: readonly string[];
  readonly audiences: readonly string[];
  /** Undefined: what {@link authenticate} has verified where it reads a token, and the Bearer token otherwise. */
  readonly subjectToken: TokenPlaceConfiguration | undefined;
  readonly subjectTokenType: string;
  /** Undefined: an access token, without asking for one. */
  readonly requestedTokenType: string | undefined;
  readonly actorToken: ActorTokenConfiguration | undefined;
  /** None of the reserved names. */
  readonly extraParameters: ReadonlyMap<string, string>;
  /** ms for which an exchanged token is given out at most. */
  readonly maximumDecisionAge: number;
  /** The request header that gets `Bearer <token>`. */
  readonly authorizationHeader: string;
  readonly tokenHeaders: readonly { readonly field: string; readonly header: string }[];
  /** Headers that the backend never sees, besides those that tokens are read from and {@link tokenHeaders}. */
  readonly strip: readonly string[];
  /** Undefined: whoever has a token that the issuer accepts. */
  readonly authenticate?: AuthenticateConfiguration | undefined;
}

export interface ActorTokenConfiguration {
  readonly type: string;
  readonly source:
    | { readonly from: 'request'; readonly place: TokenPlaceConfiguration }
    | { readonly from: 'static'; readonly value: Secret };
}
