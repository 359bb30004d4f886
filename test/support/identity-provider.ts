import type { ExchangeDocument } from '../../control/config/exchange-document.ts';
import { startDex } from '../../tools/dex/start.ts';
import { startOAuthServer } from '../../tools/oauth-server/server.ts';
import { createSigningKey, signToken } from '../../tools/tokens/signing-key.ts';
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
  exchange: Exchange;
}

/** How it exchanges tokens (RFC 8693) for the first client. */
interface Exchange {
  /** A token that is good for as long, and that may be exchanged. */
  subject(client: Client, lifetimeSeconds?: number): Promise<string>;
  /** Whether it refuses subjects that it did not sign; the connector that Dex has for tests takes any. */
  checksSubjects: boolean;
  /** What a policy entry says to get a token for one audience, and for another. */
  first: ExchangeTarget;
  second: ExchangeTarget;
}

interface ExchangeTarget {
  /** One of `aud` of the token, and of no token for the other target. */
  audience: string;
  exchange: Pick<ExchangeDocument, 'audiences' | 'scope' | 'extraParameters'>;
}

/** What runs behind the proxy. */
interface Server {
  issuer: string;
  tokenEndpoint: string;
  jwksUri: string;
  audienceOf(client: Client): string;
  scopes: IdentityProvider['scopes'];
  exchange: Exchange;
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
    exchange: server.exchange,
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
  const audiences = { first: 'orders', second: 'https://payments.example/api' };
  const server = await startOAuthServer({ clients, tokenLifetimeSeconds, audiences: Object.values(audiences) });
  const { url, tokenEndpoint, jwksUri } = server;
  // What oidc-provider is told that tokens are for, whoever asks.
  const audienceOf = () => 'https://backend.example';
  const exchange: Exchange = {
    async subject(client, lifetimeSeconds = tokenLifetimeSeconds) {
      server.setTokenLifetime(lifetimeSeconds);
      const token = await grant({ tokenEndpoint, scopes }, client);
      server.setTokenLifetime(tokenLifetimeSeconds);
      return token;
    },
    checksSubjects: true,
    first: { audience: audiences.first, exchange: { audiences: [audiences.first] } },
    second: { audience: audiences.second, exchange: { audiences: [audiences.second] } },
  };
  return { issuer: url, tokenEndpoint, jwksUri, audienceOf, scopes, exchange, stop: () => server.close() };
}

async function startRealDex(tokenLifetimeSeconds: number): Promise<Server> {
  // Dex knows no scopes of an application's own, and lets every client ask for these.
  const scopes = { first: 'openid', second: 'openid email' };
  const { first, second } = CLIENTS;
  const dex = await startDex({
    // The second lets the first ask for tokens that are meant for it.
    clients: [first, { ...second, trustedPeers: [first.id] }],
    tokenLifetimeSeconds,
    grantTypes: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    connectors: [{ type: 'mockCallback', id: 'mock', name: 'mock' }],
  });
  const { issuer, tokenEndpoint, jwksUri } = dex;
  const extraParameters = { connector_id: 'mock' };
  const exchange: Exchange = {
    subject: async ({ id }, lifetimeSeconds = tokenLifetimeSeconds) =>
      signToken(createSigningKey(), { sub: id, exp: Math.floor(Date.now() / 1000) + lifetimeSeconds }),
    checksSubjects: false,
    first: { audience: first.id, exchange: { scope: { value: 'openid' }, extraParameters } },
    second: {
      audience: second.id,
      exchange: { scope: { value: `openid audience:server:client_id:${second.id}` }, extraParameters },
    },
  };
  return { issuer, tokenEndpoint, jwksUri, audienceOf: ({ id }) => id, scopes, exchange, stop: () => dex.stop() };
}

/** RFC 6749 section 4.4; the credentials are form-encoded before they are put together (section 2.3.1). */
async function grant(
  { tokenEndpoint, scopes }: Pick<Server, 'tokenEndpoint' | 'scopes'>,
  { id, secret }: Client,
): Promise<string> {
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
