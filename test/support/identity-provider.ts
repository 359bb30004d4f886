import { startOAuthServer } from '../../tools/oauth-server/server.ts';
import { startDex } from './dex.ts';
import { type IssuerProxy, startIssuerProxy } from './issuer-proxy.ts';

/** A client that the identity provider knows. */
export interface Client {
  id: string;
  secret: string;
}

/** An OAuth server to test against: the embedded one, or a real Dex when the environment says `IDP=dex`. */
export interface IdentityProvider extends IssuerProxy {
  /** As tokens name it. */
  issuer: string;
  clients: { first: Client; second: Client };
  /** Where its keys are. */
  jwksUri: string;
  /** `aud` of a token that a client gets for itself. */
  audienceOf(client: Client): string;
  /** A token that a client got by itself, past the proxy and without being counted. */
  grant(client: Client): Promise<string>;
  /** Two scopes that both clients may ask for. */
  scopes: { first: string; second: string };
}

/** What runs behind the proxy. */
interface Server {
  issuer: string;
  tokenEndpoint: string;
  jwksUri: string;
  audienceOf(client: Client): string;
  scopes: IdentityProvider['scopes'];
  stop(): Promise<void>;
}

/** The characters in the secrets are those that unescaped Basic credentials break on (RFC 6749, section 2.3.1). */
export const CLIENTS = {
  first: { id: 'first-client', secret: 'planted-first-secret-%+/=:~' },
  second: { id: 'second-client', secret: 'planted-second-secret' },
};

/**
 * Starts the identity provider, and a proxy in front of its token endpoint.
 *
 * @param tokenLifetimeSeconds of every access token it grants
 */
export async function startIdentityProvider(tokenLifetimeSeconds = 300): Promise<IdentityProvider> {
  const server = await (process.env.IDP === 'dex' ? startRealDex : startEmbedded)(tokenLifetimeSeconds);
  const proxy = await startIssuerProxy(server.tokenEndpoint);
  return {
    ...proxy,
    issuer: server.issuer,
    jwksUri: server.jwksUri,
    audienceOf: (client) => server.audienceOf(client),
    grant: (client) => grant(server, client),
    clients: CLIENTS,
    scopes: server.scopes,
    async stop() {
      await proxy.stop();
      await server.stop();
    },
  };
}

async function startEmbedded(tokenLifetimeSeconds: number): Promise<Server> {
  const scopes = { first: 'read', second: 'write' };
  const scope = Object.values(scopes).join(' ');
  const clients = Object.values(CLIENTS).map((client) => ({ ...client, scope }));
  const server = await startOAuthServer({ clients, tokenLifetimeSeconds });
  const { url, tokenEndpoint, jwksUri } = server;
  // What oidc-provider is told that tokens are for, whoever asks.
  const audienceOf = () => 'https://backend.example';
  return { issuer: url, tokenEndpoint, jwksUri, audienceOf, scopes, stop: () => server.close() };
}

async function startRealDex(tokenLifetimeSeconds: number): Promise<Server> {
  // Dex knows no scopes of an application's own, and lets every client ask for these.
  const scopes = { first: 'openid', second: 'openid email' };
  const dex = await startDex({ clients: Object.values(CLIENTS), tokenLifetimeSeconds });
  const { issuer, tokenEndpoint, jwksUri } = dex;
  return { issuer, tokenEndpoint, jwksUri, audienceOf: ({ id }) => id, scopes, stop: () => dex.stop() };
}

/** RFC 6749 section 4.4; the credentials are form-encoded before they are put together (section 2.3.1). */
async function grant({ tokenEndpoint, scopes }: Server, { id, secret }: Client): Promise<string> {
  const encoded = [id, secret].map(encodeURIComponent).join(':');
  const answer = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(encoded).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: scopes.first }),
  });
  const { access_token } = (await answer.json()) as { access_token?: string };
  if (access_token === undefined) throw new Error(`the identity provider answered ${answer.status}`);
  return access_token;
}
