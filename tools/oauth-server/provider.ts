import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { JWK } from 'jose';
import Provider, { type Client, type Context, errors } from 'oidc-provider';
import { clientMetadata, type OAuthClient } from './clients.ts';
import { loginSettings } from './login.ts';
import type { People } from './people.ts';
import { createStorage } from './storage.ts';
import { exchangedClaims, registerTokenExchange } from './token-exchange.ts';

/** What every token is for, unless its request names another resource (RFC 8707). */
const DEFAULT_RESOURCE = 'https://backend.example';

export interface ProviderOptions {
  /** Whom tokens are exchanged for, besides the default resource. */
  readonly audiences: readonly string[];
  readonly issuer: string;
  readonly clients: readonly OAuthClient[];
  readonly people: People;
  readonly accessTokenFormat: 'jwt' | 'opaque';
  /** Seconds; asked anew for each token. */
  readonly tokenLifetime: () => number;
}

/**
 * Builds an oidc-provider which grants client credentials, exchanges tokens and logs people in. Everything that it would
 * otherwise warn about on start (storage, keys, interaction) is set.
 */
export function createProvider(options: ProviderOptions): Provider {
  const scopes = [...new Set(options.clients.flatMap((client) => client.scope?.split(' ') ?? []))];
  const { privateKey, publicKey } = createSigningKey();
  const { rpInitiatedLogout, ttl, ...login } = loginSettings(options.people, options.tokenLifetime);
  const provider = new Provider(options.issuer, {
    adapter: createStorage(),
    clients: options.clients.map(clientMetadata),
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    jwks: { keys: [privateKey] },
    formats: {
      customizers: {
        jwt: (_context: Context, token: object, jwt: { payload: object }) => {
          Object.assign(jwt.payload, exchangedClaims(token));
        },
      },
    },
    ...login,
    responseTypes: ['code'],
    scopes,
    features: {
      rpInitiatedLogout,
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_context: Context, _client: Client, oneOf?: readonly string[]) =>
          oneOf?.[0] ?? DEFAULT_RESOURCE,
        // A login asks once whom its tokens are for; the token requests that follow need not say so again.
        useGrantedResource: () => true,
        getResourceServerInfo: (context: Context, resource: string, client: Client) => {
          refuseOtherScopes(context, client);
          return {
            audience: resource,
            scope: scopes.join(' '),
            accessTokenTTL: options.tokenLifetime(),
            accessTokenFormat: options.accessTokenFormat,
          };
        },
      },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        getCertificate: (context: Context) => certificateOf(context)?.toString(),
        certificateAuthorized: ({ req }: Context) => req.socket instanceof TLSSocket && req.socket.authorized,
        certificateSubjectMatches: (context: Context, _property: string, expected: string) =>
          certificateOf(context)?.checkHost(expected, { subject: 'never', wildcards: false }) !== undefined,
      },
    },
    ttl: { ...ttl, ClientCredentials: options.tokenLifetime },
  });
  registerTokenExchange(provider, {
    keys: { keys: [publicKey] },
    audiences: [DEFAULT_RESOURCE, ...options.audiences],
    tokenLifetime: options.tokenLifetime,
  });
  return provider;
}

/** oidc-provider ignores a scope that it does not know (RFC 6749 section 3.3 allows that); Dex and most others refuse. */
function refuseOtherScopes(context: Context, client: Client): void {
  const allowed = new Set(client.scope?.split(' '));
  const asked = context.oidc?.params?.scope?.split(' ') ?? [];
  const refused = asked.find((scope) => scope !== '' && !allowed.has(scope));
  if (refused !== undefined) throw new errors.InvalidScope('requested scope is not allowed', refused);
}

function createSigningKey(): { privateKey: JWK; publicKey: JWK } {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const common = { alg: 'ES256', use: 'sig', kid: 'signing' };
  return {
    privateKey: { ...(pair.privateKey.export({ format: 'jwk' }) as JWK), ...common },
    publicKey: { ...(pair.publicKey.export({ format: 'jwk' }) as JWK), ...common },
  };
}

function certificateOf({ req }: Context): X509Certificate | undefined {
  const peer = req.socket instanceof TLSSocket ? req.socket.getPeerX509Certificate() : undefined;
  return peer === undefined ? undefined : new X509Certificate(peer.raw);
}
