import type { Stoppable } from '../launch/started-parts.ts';
import type { Person } from './people.ts';

/** What logs people in, and exchanges their tokens: the embedded OAuth server, or a real Dex. */
export type ProviderKind = 'embedded' | 'dex';

/** Clients of the identity provider; their secrets are no secrets. Envoy sends the first's unescaped. */
export const LOGIN_CLIENT = { id: 'login-gateway', secret: 'login-gateway_secret.of~the-demonstration' };
export const BROKER_CLIENT = { id: 'token-broker', secret: 'token-broker-secret' };

/** Whom the exchanged tokens are for. */
export const BACKEND_AUDIENCE = 'shop-api';

export interface LoginOptions {
  /** Where people come from, such as `http://localhost:10000`. */
  readonly origin: string;
  readonly people: readonly Person[];
  /** Seconds, of every token. */
  readonly tokenLifetimeSeconds: number;
}

/** What Envoy and control have to know of an identity provider. */
export interface LoginProvider extends Stoppable {
  readonly kind: ProviderKind;
  /** In words, for people. */
  readonly name: string;
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly endSessionEndpoint: string;
  readonly jwksUri: string;
  /** Of the access tokens of a login. */
  readonly audience: string;
  /** What the login asks for by `resource`; empty where the provider knows no such parameter. */
  readonly resources: readonly string[];
  /** What an entry of control's policy says to get a token for the backend. */
  readonly exchange: Readonly<Record<string, unknown>>;
}
