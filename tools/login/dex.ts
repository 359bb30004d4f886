import { startDex } from '../dex/start.ts';
import {
  BACKEND_AUDIENCE,
  BROKER_CLIENT,
  LOGIN_CLIENT,
  type LoginOptions,
  type LoginProvider,
} from './identity-provider.ts';

/** Dex's own password database, and the connector by which it takes its own access tokens for an exchange. */
const PASSWORDS = 'local';
const OWN_TOKENS = 'own-tokens';

/** A real Dex as an identity provider. */
export async function startDexLogin({ origin, people, tokenLifetimeSeconds }: LoginOptions): Promise<LoginProvider> {
  const dex = await startDex({
    tokenLifetimeSeconds,
    grantTypes: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    sessions: true,
    exchangesOwnTokens: OWN_TOKENS,
    users: people,
    clients: [
      {
        ...LOGIN_CLIENT,
        redirectURIs: [`${origin}/oauth2/callback`],
        postLogoutRedirectURIs: [`${origin}/`],
        // Or a refresh token would bring a session back after its person has signed out.
        refreshTokenLifetime: 'session',
        // With one way to log in, nobody is asked which.
        allowedConnectors: [PASSWORDS],
      },
      { ...BROKER_CLIENT, allowedConnectors: [OWN_TOKENS] },
      // Tokens for the backend are tokens for this client, which lets the broker ask for them.
      { id: BACKEND_AUDIENCE, public: true, trustedPeers: [BROKER_CLIENT.id] },
    ],
  });
  return {
    kind: 'dex',
    name: 'Dex',
    issuer: dex.issuer,
    authorizationEndpoint: `${dex.issuer}/auth`,
    tokenEndpoint: dex.tokenEndpoint,
    endSessionEndpoint: `${dex.issuer}/logout`,
    jwksUri: dex.jwksUri,
    // Dex has no `resource`: the access token of a login is for the client that people log in to.
    audience: LOGIN_CLIENT.id,
    resources: [],
    exchange: {
      scope: `openid email profile groups audience:server:client_id:${BACKEND_AUDIENCE}`,
      extraParameters: { connector_id: OWN_TOKENS },
    },
    stop: () => dex.stop(),
  };
}
