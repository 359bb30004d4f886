import type { Secret } from '../secret.ts';
import type { AuthenticateConfiguration, TokenPlaceConfiguration } from './authenticate.ts';

/**
 * How an exchange is asked for: RFC 8693, RFC 7523 section 2.1 with the caller's token as the assertion, or Microsoft's
 * on-behalf-of, which is the latter with one more parameter.
 */
export type ExchangeGrant = 'tokenExchange' | 'jwtBearer' | 'onBehalfOf';

/** What an issuer's exchanges have in common where their entries do not say. */
export interface ExchangeDefaults {
  /** `grant_type`; undefined: that of the grant. */
  readonly grantType: string | undefined;
  readonly subjectTokenType: string;
  /** What `issued_token_type` of an answer must be; undefined: what was asked for, or an access token. */
  readonly issuedTokenType: string | undefined;
  /** False: whatever it says. */
  readonly checksIssuedTokenType: boolean;
}

/** The caller's token is exchanged for one that the backend wants. */
export interface ExchangeAction {
  readonly kind: 'exchange';
  /** A key of `issuers`. */
  readonly issuer: string;
  readonly grant: ExchangeGrant;
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
  /** Undefined: the issuer's default. */
  readonly subjectTokenType: string | undefined;
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
