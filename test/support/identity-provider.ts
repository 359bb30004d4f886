import type { ExchangeDocument } from '../../control/config/exchange-document.ts';
import { startDex } from '../../tools/dex/start.ts';
import { startOAuthServer } from '../../tools/oauth-server/server.ts';
import { startKeySetServer } from '../../tools/tokens/key-set-server.ts';
import { createSigningKey, keySetOf, signToken } from '../../tools/tokens/signing-key.ts';
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
  /** Who signs these, where its keys are, and `aud` of a client's. */
  subjects: { issuer: string; jwksUri: string; audienceOf(client: Client): string };
  /** What a policy entry says to get a token for one audience, and for another. */
  first: ExchangeTarget;
  second: ExchangeTarget;
}

interface ExchangeTarget {
  /** One of `aud` of the token, and of no token for the other target. */
  audience: string;
  exchange: Pick<ExchangeDocument, 'audiences' | 'scope' | 'extraParameters' | 'subjectTokenType'>;
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

const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

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
    subjects: { issuer: url, jwksUri, audienceOf },
    first: { audience: audiences.first, exchange: { audiences: [audiences.first] } },
    second: { audience: audiences.second, exchange: { audiences: [audiences.second] } },
  };
  return { issuer: url, tokenEndpoint, jwksUri, audienceOf, scopes, exchange, stop: () => server.close() };
}

async function startRealDex(tokenLifetimeSeconds: number): Promise<Server> {
  // Dex knows no scopes of an application's own, and lets every client ask for these.
  const scopes = { first: 'openid', second: 'openid email' };
  const { first, second } = CLIENTS;
  const upstream = await startUpstream();
  const dex = await startDex({
    // The second lets the first ask for tokens that are meant for it.
    clients: [first, { ...second, trustedPeers: [first.id] }],
    tokenLifetimeSeconds,
    grantTypes: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    connectors: [upstream.connector],
  });
  const { issuer, tokenEndpoint, jwksUri } = dex;
  const common = { extraParameters: { connector_id: upstream.connector.id }, subjectTokenType: ID_TOKEN };
  const exchange: Exchange = {
    subject: async ({ id }, lifetimeSeconds = tokenLifetimeSeconds) => upstream.sign(id, lifetimeSeconds),
    subjects: { issuer: upstream.url, jwksUri: `${upstream.url}/keys`, audienceOf: () => upstream.audience },
    first: { audience: first.id, exchange: { scope: { value: 'openid' }, ...common } },
    second: {
      audience: second.id,
      exchange: { scope: { value: `openid audience:server:client_id:${second.id}` }, ...common },
    },
  };
  const stop = async () => {
    await dex.stop();
    await upstream.stop();
  };
  return { issuer, tokenEndpoint, jwksUri, audienceOf: ({ id }) => id, scopes, exchange, stop };
}

/** An issuer whose tokens Dex exchanges, by its `oidc` connector: it publishes its metadata and a key. */
async function startUpstream() {
  const key = createSigningKey('RS256');
  const server = await startKeySetServer((response, path) => {
    const { url: issuer } = server;
    const metadata = {
      ...{ issuer, jwks_uri: `${issuer}/keys`, token_endpoint: `${issuer}/token` },
      ...{ authorization_endpoint: `${issuer}/auth`, userinfo_endpoint: `${issuer}/userinfo` },
      ...{ response_types_supported: ['code'], subject_types_supported: ['public'] },
      id_token_signing_alg_values_supported: ['RS256'],
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(path === '/keys' ? keySetOf(key) : JSON.stringify(metadata));
  });
  const audience = 'dex';
  const config = {
    issuer: server.url,
    clientID: audience,
    clientSecret: 'unused',
    redirectURI: `${server.url}/callback`,
  };
  return {
    url: server.url,
    audience,
    connector: { type: 'oidc', id: 'upstream', name: 'upstream', config },
    sign(subject: string, lifetimeSeconds: number): string {
      const now = Math.floor(Date.now() / 1000);
      const person = { sub: subject, name: subject, email: `${subject}@upstream.example`, email_verified: true };
      return signToken(key, { iss: server.url, aud: audience, iat: now, exp: now + lifetimeSeconds, ...person });
    },
    stop: () => server.stop(),
  };
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
