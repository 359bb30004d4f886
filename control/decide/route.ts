import type { ClaimFormat, Unauthenticated } from '../config/authenticate.ts';
import type { UnauthenticatedOptions } from '../config/configuration.ts';
import type { AccountRules } from '../config/kubernetes.ts';
import type { RequiredClaim } from '../config/provider.ts';
import type { ErrorCode } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { TokenExchangeRequest } from './ports.ts';
import type { RefusalFormat } from './refusal-format.ts';
import type { Revocations } from './revocation.ts';

/** All policy, compiled: what the filter and control's own endpoints match requests against. */
export interface RouteTable {
  /** Hex SHA-256 over the digests of all routes and {@link unmatched}. */
  readonly revision: string;
  /** Ordered by id; a match is an index into it. */
  readonly routes: readonly Route[];
  readonly unmatched: 'pass' | 'deny';
  /** Of every refusal. */
  readonly format: RefusalFormat;
}

/** A policy entry, compiled and validated. */
export type Route = PassRoute | DenyRoute | DecideRoute;

interface RouteBase {
  /** 1 to 128 of `A-Z a-z 0-9 . _ -`, unique in the table. */
  readonly id: string;
  /** 64 hex digits: a digest of the route and of all that it refers to. */
  readonly digest: string;
  readonly match: {
    /** `*`, `*.suffix` or an exact name; lower case, no port, no trailing dot. */
    readonly host: string;
    /** Starts with `/`; matches on segment boundaries, without the query. */
    readonly pathPrefix: string;
    /** Upper case; empty: every method. */
    readonly methods: readonly string[];
  };
  /** Headers that the backend never sees as the client sent them; lower case. */
  readonly strip: readonly string[];
  /** Cookies that the backend never sees. */
  readonly stripCookies: readonly string[];
}

export interface PassRoute extends RouteBase {
  readonly kind: 'pass';
}

export interface DenyRoute extends RouteBase {
  readonly kind: 'deny';
  readonly code: ErrorCode;
  /** HTTP status, 400 to 599. */
  readonly status: number;
  readonly body: string;
}

export interface DecideRoute extends RouteBase {
  readonly kind: 'decide';
  /** What a decision may depend on, besides the route itself. */
  readonly inputs: readonly KeyInput[];
  /** What becomes of an OPTIONS request that shows no credentials. */
  readonly options: UnauthenticatedOptions;
  /** What challenges of its refusals name (RFC 9110 section 11.5). */
  readonly realm: string;
  /** Who may ask; undefined: anybody. */
  readonly authentication: CallerPolicy | undefined;
  /** Who may no longer, whatever the above says; undefined: nobody was revoked. */
  readonly revocations?: Revocations;
  /** Undefined where an allowed request goes on without a token of ours. */
  readonly action: TokenAction | undefined;
}

/** Something in a request that a decision depends on. */
export interface KeyInput {
  readonly source: InputSource;
  /**
   * A header's name in lower case, a cookie's name, the path of a claim that Envoy's `jwt_authn` verified, or an attribute of
   * the client's certificate.
   */
  readonly name: string;
  readonly maximumBytes: number;
  /** What the client gets for a longer value. */
  readonly refusal: { readonly status: number; readonly body: string };
}

export type InputSource = 'header' | 'cookie' | 'claim' | 'peer';

/** Envoy's attribute with the first URI among the subject alternative names of the client's certificate. */
export const URI_SAN = 'uri_san_peer_certificate';

/** What {@link KeyInputs} holds the values of an input under. */
export function inputId({ source, name }: Pick<KeyInput, 'source' | 'name'>): string {
  // No header's name has a space in it.
  return source === 'header' ? name : `${source} ${name}`;
}

/** Who may use a route, compiled. */
export interface CallerPolicy {
  readonly providers: readonly string[];
  readonly places: readonly TokenPlace[];
  readonly unauthenticated: Unauthenticated;
  readonly requiredScopes: readonly string[];
  /** Lower case; gets the bare token. */
  readonly forwardAs: string | undefined;
  readonly claimToHeaders: readonly { readonly claim: string; readonly header: string; readonly format: ClaimFormat }[];
  readonly payloadHeader: string | undefined;
  readonly claimToState: readonly { readonly claim: string; readonly name: string; readonly format: ClaimFormat }[];
  readonly payloadState: string | undefined;
  /** SPIFFE IDs, one of which the client's certificate must have; empty: none is asked for. */
  readonly workloads: readonly string[];
  /** Rules for what Envoy's `jwt_authn` verified. */
  readonly envoyClaims: readonly { readonly input: KeyInput; readonly rule: RequiredClaim }[];
  /** ms for which a decision may be given again at most. */
  readonly maximumDecisionAge: number;
}

/** Where a token may stand. */
export interface TokenPlace {
  readonly input: KeyInput;
  /** Before the token, compared without case. */
  readonly prefix: string;
  readonly prefixRequired: boolean;
}

/** How a token is obtained, with everything resolved that does not come with the request. */
export type TokenAction = ClientCredentials | TokenExchange | AccountExchange;

interface TokenActionBase {
  /** Or the cluster's name. */
  readonly issuer: string;
  /** A digest of all that a token request to the issuer contains besides what the action says. */
  readonly issuerDigest: string;
  /** Lower case; gets `Bearer <token>`. */
  readonly authorizationHeader: string;
  readonly tokenHeaders: readonly { readonly field: string; readonly header: string }[];
}

/** RFC 6749 section 4.4. */
export interface ClientCredentials extends TokenActionBase {
  readonly kind: 'clientCredentials';
  readonly clientId: Source;
  /** Undefined where the client authenticates without a secret. */
  readonly clientSecret: Source | undefined;
  readonly scope: Source | undefined;
}

/** RFC 8693, or RFC 7523 section 2.1; the client is the operator's own. */
export interface TokenExchange extends TokenActionBase {
  readonly kind: 'exchange';
  readonly grant: TokenExchangeRequest['grant'];
  readonly grantType: string;
  readonly onBehalfOf: boolean;
  readonly clientId: string;
  readonly clientSecret: Secret | undefined;
  readonly scope: string | undefined;
  readonly resources: readonly string[];
  readonly audiences: readonly string[];
  /** Undefined: the token that authentication has verified. */
  readonly subjectToken: TokenPlace | undefined;
  readonly subjectTokenType: string;
  readonly requestedTokenType: string | undefined;
  /** Undefined: whatever the answer says. */
  readonly issuedTokenType: string | undefined;
  readonly actorToken: ActorSource | undefined;
  readonly actorTokenType: string | undefined;
  readonly extraParameters: ReadonlyMap<string, string>;
  /** ms for which an exchanged token is given out at most. */
  readonly maximumDecisionAge: number;
}

/** A token of a service account of one cluster for one of another's. */
export interface AccountExchange extends TokenActionBase {
  readonly kind: 'kubernetes';
  readonly subjectToken: TokenPlace;
  readonly sources: readonly AccountSource[];
  /** Empty: the cluster's own. */
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly accounts: AccountRules;
  /** ms for which a caller is believed to be who it was found to be. */
  readonly maximumDecisionAge: number;
}

/** Who says whose a token is. */
export interface AccountSource {
  readonly kind: 'review' | 'keys';
  /** The name of the cluster, or of the provider. */
  readonly name: string;
  /** `iss` of its tokens; empty: it is the only source, and gets all. */
  readonly issuers: readonly string[];
  /** Of the review; the provider has its own. */
  readonly audiences: readonly string[];
  /** A digest of how it is reached. */
  readonly digest: string;
}

export type ActorSource =
  | { readonly from: 'input'; readonly place: TokenPlace }
  | { readonly from: 'static'; readonly value: Secret };

export type Source =
  | { readonly from: 'input'; readonly input: KeyInput }
  | { readonly from: 'static'; readonly value: Secret };

/** The values of a route's key inputs by {@link inputId}, one element for each time the input came, as bytes. */
export type KeyInputs = ReadonlyMap<string, readonly Buffer[]>;
