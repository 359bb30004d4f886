import type { BrokerError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { ObjectName } from './object-name.ts';

/** Time, injected so that tests can set it. */
export interface Clock {
  /** Wall clock, ms since the epoch. */
  now(): number;
  /** A clock that never steps back, ms from an arbitrary start. */
  monotonic(): number;
}

/** What a token request to an issuer contains. */
export type TokenRequest = ClientCredentialsRequest | TokenExchangeRequest;

/** What issuers and clusters are asked for, and so what a token is remembered by. */
export type AnyTokenRequest = TokenRequest | ServiceAccountTokenRequest;

interface TokenRequestBase {
  /** The issuer's name in the configuration. */
  readonly issuer: string;
  readonly clientId: string;
  /** Absent where the client authenticates with a key or a certificate. */
  readonly clientSecret: Secret | undefined;
  /** Space separated (RFC 6749 section 3.3); absent when none was asked for. */
  readonly scope: string | undefined;
}

/** RFC 6749 section 4.4. */
export interface ClientCredentialsRequest extends TokenRequestBase {
  readonly grant: 'client_credentials';
}

/** RFC 8693 section 2.1, or RFC 7523 section 2.1 with the subject token as the assertion; the client is the operator's own. */
export interface TokenExchangeRequest extends TokenRequestBase {
  readonly grant: 'urn:ietf:params:oauth:grant-type:token-exchange' | 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  /** `grant_type`, where an issuer wants another. */
  readonly grantType: string;
  /** Microsoft's `requested_token_use=on_behalf_of`. */
  readonly onBehalfOf: boolean;
  readonly subjectToken: Secret;
  readonly subjectTokenType: string;
  /** Absent: an access token. */
  readonly requestedTokenType: string | undefined;
  /** What `issued_token_type` of the answer must be; absent: whatever it is. */
  readonly issuedTokenType: string | undefined;
  readonly actorToken: Secret | undefined;
  readonly actorTokenType: string | undefined;
  readonly resources: readonly string[];
  readonly audiences: readonly string[];
  readonly extraParameters: ReadonlyMap<string, string>;
  /** Wall clock, ms: when the subject or the actor token expires, as far as they say; read from these, not verified. */
  readonly expiresAt: number | undefined;
  /** ms for which the token may be given out at most, because nobody says when the subject is no longer welcome. */
  readonly maximumAge: number;
}

/** A token of a service account (`authentication.k8s.io/v1` TokenRequest). */
export interface ServiceAccountTokenRequest {
  readonly grant: 'kubernetes';
  /** The cluster's name in the configuration. */
  readonly issuer: string;
  readonly account: ObjectName;
  /** The account's user name. */
  readonly clientId: string;
  readonly clientSecret: undefined;
  readonly scope: undefined;
  /** Empty: the cluster's own. */
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** For whom it is. */
  readonly caller: {
    /** The name of the cluster or provider that said who this is. */
    readonly source: string;
    readonly account: ObjectName;
    /** Another one once the account was deleted and made again; empty where nobody knows it. */
    readonly uid: string;
  };
}

/** A token as the issuer gave it. */
export interface Token {
  readonly accessToken: Secret;
  /** Hex SHA-256 of the access token. */
  readonly digest: string;
  /** Wall clock, ms: when the request for it was sent. */
  readonly obtainedAt: number;
  /** Lifetime in ms, counted from {@link obtainedAt}. */
  readonly lifetime: number;
  /** Every string and numeric member of the token response, by name, numbers as their JSON text. */
  readonly fields: ReadonlyMap<string, Secret>;
}

/** Obtains a token from an issuer; one call is one request to it, within its budget. */
export interface Minter {
  /** @throws BrokerError: credentials_rejected, issuer_refused, invalid_token_response, token_response_too_large,
   * issuer_unavailable or issuer_busy; for an exchange subject_token_rejected, exchange_target_refused,
   * exchange_scope_refused or exchange_denied instead of the first */
  mint(request: TokenRequest): Promise<Token>;
}

/** Clusters, as those that say whose a token is and give tokens of their service accounts. */
export interface ServiceAccounts {
  /**
   * Asks a cluster whose a token is (TokenReview).
   *
   * @param audiences one of these must be the token's; empty: the cluster's own must be
   * @throws BrokerError: subject_token_rejected, cluster_refused, invalid_cluster_answer or cluster_unavailable
   */
  review(cluster: string, token: Secret, audiences: readonly string[]): Promise<ReviewedUser>;
  /** @throws BrokerError: service_account_absent, cluster_refused, invalid_cluster_answer or cluster_unavailable */
  mint(request: ServiceAccountTokenRequest): Promise<Token>;
}

/** Whose token it is, as the cluster says. */
export interface ReviewedUser {
  /** Undefined: somebody who is no service account. */
  readonly account: ObjectName | undefined;
  readonly uid: string;
}

/** A bounded store; values are forgotten at their deadline or earlier. */
export interface Store<Value> {
  /**
   * Undefined when absent or past its deadline.
   *
   * @param fresh where others store too: whether what they have stored a moment ago matters
   */
  get(key: string, fresh?: boolean): Promise<Value | undefined>;
  /** @param deadline wall clock, ms */
  set(key: string, value: Value, deadline: number): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Callers that ask for the same key while one run is under way share its outcome. */
export interface SingleFlight<Value> {
  /** Runs `task` unless one for `key` is under way. The run belongs to no caller: one that leaves ends nothing. */
  run(key: string, task: () => Promise<Value>): Promise<Value>;
  /** The outcome of the run that is under way for `key`; undefined when there is none. */
  find(key: string): Promise<Value> | undefined;
}

/** A caller's JWT whose signature, times, issuer, audience and required claims hold. */
export interface VerifiedToken {
  /** The provider's name in the configuration. */
  readonly provider: string;
  /** The payload (RFC 7519 section 4). */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The payload as the token carries it, base64url. */
  readonly payload: string;
  /** Wall clock, ms: `exp` itself, without the clock skew that checking it allows. */
  readonly expiresAt: number;
}

export type Authentication =
  | { readonly kind: 'verified'; readonly token: VerifiedToken }
  | {
      readonly kind: 'refused';
      readonly error: BrokerError;
      /** ms for which the refusal stays true at most. */
      readonly rememberAtMost: number;
    };

/** Says whether a caller's token is one of a trusted provider's. */
export interface Authenticator {
  /**
   * Tries the named providers in order; the first that accepts the token wins. It never rejects: a refusal carries a
   * BrokerError whose code begins with `jwt_`.
   */
  authenticate(providers: readonly string[], token: Secret): Promise<Authentication>;
}
