import { LOGIN_SCOPES } from '../oauth-server/clients.ts';
import { startOAuthServer } from '../oauth-server/server.ts';
import {
  BACKEND_AUDIENCE,
  BROKER_CLIENT,
  LOGIN_CLIENT,
  type LoginOptions,
  type LoginProvider,
} from './identity-provider.ts';

const RESOURCE = 'https://shop.example';

/** The embedded OAuth server as an identity provider. */
export async function startEmbeddedLogin({
  origin,
  people,
  tokenLifetimeSeconds,
}: LoginOptions): Promise<LoginProvider> {
  const server = await startOAuthServer({
    people,
    tokenLifetimeSeconds,
    audiences: [BACKEND_AUDIENCE],
    clients: [
      {
        ...LOGIN_CLIENT,
        scope: LOGIN_SCOPES,
        redirectUris: [`${origin}/oauth2/callback`],
        postLogoutRedirectUris: [`${origin}/`],
      },
      { ...BROKER_CLIENT, scope: 'profile email groups' },
    ],
  });
  return {
    kind: 'embedded',
    name: 'oidc-provider',
    issuer: server.url,
    authorizationEndpoint: server.authorizationEndpoint,
    tokenEndpoint: server.tokenEndpoint,
    endSessionEndpoint: server.endSessionEndpoint,
    jwksUri: server.jwksUri,
    audience: RESOURCE,
    resources: [RESOURCE],
    exchange: { audiences: [BACKEND_AUDIENCE] },
    stop: () => server.close(),
  };
}
