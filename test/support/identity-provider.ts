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
  /** Two scopes that both clients may ask for. */
  scopes: { first: string; second: string };
}

/** What runs behind the proxy. */
interface Server {
  issuer: string;
  tokenEndpoint: string;
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
  return { issuer: server.url, tokenEndpoint: server.tokenEndpoint, scopes, stop: () => server.close() };
}

async function startRealDex(tokenLifetimeSeconds: number): Promise<Server> {
  // Dex knows no scopes of an application's own, and lets every client ask for these.
  const scopes = { first: 'openid', second: 'openid email' };
  const dex = await startDex({ clients: Object.values(CLIENTS), tokenLifetimeSeconds });
  return { issuer: dex.issuer, tokenEndpoint: dex.tokenEndpoint, scopes, stop: () => dex.stop() };
}
