import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import Provider, { type Client, type Context, errors } from 'oidc-provider';
import { clientMetadata, type OAuthClient } from './clients.ts';
import { createStorage } from './storage.ts';

/** What every token is for, unless its request names another resource (RFC 8707). */
const DEFAULT_RESOURCE = 'https://backend.example';

export interface ProviderOptions {
  readonly issuer: string;
  readonly clients: readonly OAuthClient[];
  readonly accessTokenFormat: 'jwt' | 'opaque';
  /** Seconds; asked anew for each token. */
  readonly tokenLifetime: () => number;
}

/**
 * Builds an oidc-provider which grants client credentials only. Everything that it would otherwise warn about on start
 * (storage, keys, interaction) is set.
 */
export function createProvider(options: ProviderOptions): Provider {
  const scopes = [...new Set(options.clients.flatMap((client) => client.scope?.split(' ') ?? []))];
  return new Provider(options.issuer, {
    adapter: createStorage(),
    clients: options.clients.map(clientMetadata),
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    jwks: { keys: [createSigningKey()] },
    responseTypes: [],
    scopes,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => DEFAULT_RESOURCE,
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
    ttl: { ClientCredentials: () => options.tokenLifetime() },
  });
}

/** oidc-provider ignores a scope that it does not know (RFC 6749 section 3.3 allows that); Dex and most others refuse. */
function refuseOtherScopes(context: Context, client: Client): void {
  const allowed = new Set(client.scope?.split(' '));
  const asked = context.oidc?.params?.scope?.split(' ') ?? [];
  const refused = asked.find((scope) => scope !== '' && !allowed.has(scope));
  if (refused !== undefined) throw new errors.InvalidScope('requested scope is not allowed', refused);
}

function createSigningKey(): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'signing' };
}

function certificateOf({ req }: Context): X509Certificate | undefined {
  const peer = req.socket instanceof TLSSocket ? req.socket.getPeerX509Certificate() : undefined;
  return peer === undefined ? undefined : new X509Certificate(peer.raw);
}
