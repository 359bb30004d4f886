import { JWT_BEARER, TOKEN_EXCHANGE } from './token-exchange.ts';

/** What a client that people log in to may ask for. */
export const LOGIN_SCOPES = 'openid profile email groups offline_access';

/** A client that the server knows. */
export interface OAuthClient {
  readonly id: string;
  /** RFC 6749 appendix A.2: printable ASCII only. */
  readonly secret?: string;
  /** What it may ask for, space separated; nothing by default. */
  readonly scope?: string;
  /** How it proves who it is; `client_secret_basic` by default. The other two need what follows. */
  readonly authentication?: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'tls_client_auth';
  /** Public keys as JWKs, for `private_key_jwt`. */
  readonly keys?: readonly object[];
  /** A DNS name in its certificate, for `tls_client_auth`. */
  readonly certificateName?: string;
  /** Where people come back to after a login; without any, nobody logs in to this client. */
  readonly redirectUris?: readonly string[];
  /** Where people may be sent after they have signed out. */
  readonly postLogoutRedirectUris?: readonly string[];
}

/**
 * A client as RFC 7591 section 2 and RFC 8705 section 2.1.2 register it.
 *
 * @throws Error when the client lacks what its way of authentication needs
 */
export function clientMetadata(client: OAuthClient): object {
  const method = client.authentication ?? 'client_secret_basic';
  return {
    client_id: client.id,
    ...grantMetadata(client),
    token_endpoint_auth_method: method,
    ...(client.scope === undefined ? {} : { scope: client.scope }),
    ...credentialMetadata(client, method),
  };
}

/** A client that people log in to asks for nothing on its own account. */
function grantMetadata({ redirectUris = [], postLogoutRedirectUris = [] }: OAuthClient): object {
  if (redirectUris.length === 0) {
    return { grant_types: ['client_credentials', TOKEN_EXCHANGE, JWT_BEARER], response_types: [], redirect_uris: [] };
  }
  return {
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: redirectUris,
    post_logout_redirect_uris: postLogoutRedirectUris,
  };
}

function credentialMetadata(client: OAuthClient, method: NonNullable<OAuthClient['authentication']>): object {
  switch (method) {
    case 'private_key_jwt':
      if (client.keys === undefined) throw new Error(`client ${client.id}: private_key_jwt needs keys`);
      return { jwks: { keys: client.keys } };
    case 'tls_client_auth':
      if (client.certificateName === undefined) {
        throw new Error(`client ${client.id}: tls_client_auth needs a certificateName`);
      }
      return { tls_client_auth_san_dns: client.certificateName };
    default:
      if (client.secret === undefined || !/^[\x20-\x7e]+$/.test(client.secret)) {
        throw new Error(`client ${client.id}: the secret must be printable ASCII (RFC 6749 appendix A.2)`);
      }
      return { client_secret: client.secret };
  }
}
