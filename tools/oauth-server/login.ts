import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type Provider from 'oidc-provider';
import type { Context, Grant } from 'oidc-provider';
import { confirmSignOutPage, errorPage, loginPage, signedOutPage } from './pages.ts';
import { CLAIMS_OF_SCOPES, claimsOf, type People } from './people.ts';

const INTERACTION = /^\/interaction\/[\w-]+$/;
/** Of a form with two short fields. */
const MAXIMUM_FORM_BYTES = 8_192;
const DAY_SECONDS = 24 * 60 * 60;

/**
 * oidc-provider's settings by which people log in with OpenID Connect: authorization code with PKCE, refresh tokens that end
 * with the session, and RP-initiated logout.
 *
 * @param tokenLifetime in seconds; asked anew for each token
 */
export function loginSettings(people: People, tokenLifetime: () => number) {
  return {
    claims: CLAIMS_OF_SCOPES,
    pkce: { required: () => true },
    // The clients are the operator's own: nobody is asked whether they may know who has logged in.
    loadExistingGrant: grantEverything,
    findAccount: async (_context: Context, id: string) => {
      const person = people.find(id);
      return person === undefined ? undefined : { accountId: id, claims: async () => claimsOf(person) };
    },
    // Those of people alone: what a client gets for itself belongs to no account.
    extraTokenClaims: async (_context: Context, { accountId = '' }: { readonly accountId?: string }) => {
      const person = people.find(accountId);
      return person === undefined ? undefined : { name: person.name, email: person.email, groups: person.groups };
    },
    interactions: { url: (_context: Context, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    // offline_access would have to be asked for with prompt=consent each time, and such a token outlives the session.
    issueRefreshToken: async (_context: Context, client: { grantTypeAllowed(grant: string): boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    // Several requests of one page may refresh at once: a token that is good once would end the session for all but one
    // of them. RFC 9700 section 4.14.2 asks for rotation where the client has no credentials of its own; ours does.
    rotateRefreshToken: false,
    renderError: async (context: Context, { error_description, error }: Record<string, string | undefined>) => {
      context.type = 'html';
      context.body = errorPage(error_description ?? error ?? 'unknown error');
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (context: Context, form: string) => {
        context.body = confirmSignOutPage(form);
      },
      postLogoutSuccessSource: async (context: Context) => {
        context.body = signedOutPage();
      },
    },
    ttl: {
      AccessToken: tokenLifetime,
      IdToken: tokenLifetime,
      RefreshToken: DAY_SECONDS,
      Session: DAY_SECONDS,
      Grant: DAY_SECONDS,
      Interaction: 600,
    },
  };
}

/** Answers the requests of the login page; false where the request is none of its. */
export async function serveLogin(
  provider: Provider,
  people: People,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (!INTERACTION.test(request.url ?? '')) return false;
  try {
    const { params } = await provider.interactionDetails(request, response);
    if (request.method === 'POST') await submit(provider, people, params.client_id, request, response);
    else show(response, 200, loginPage(params.client_id, ''));
  } catch {
    // Its cookie has expired, or belongs to another browser.
    show(response, 400, errorPage('This login has expired. Go back to where you came from, and try again.'));
  }
  return true;
}

async function submit(
  provider: Provider,
  people: People,
  clientId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const form = new URLSearchParams(await readForm(request));
  if (form.get('action') === 'cancel') {
    const error = { error: 'access_denied', error_description: 'the login was cancelled' };
    return provider.interactionFinished(request, response, error);
  }
  const login = form.get('login') ?? '';
  const person = people.authenticate(login, form.get('password') ?? '');
  if (person === undefined) show(response, 403, loginPage(clientId, login, 'The address or the password is wrong.'));
  else await provider.interactionFinished(request, response, { login: { accountId: person.id } });
}

async function readForm(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length'] ?? Number.NaN) <= MAXIMUM_FORM_BYTES) return text(request);
  throw new Error('the form is too large, or does not say how large it is');
}

function show(response: ServerResponse, status: number, page: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  });
  response.end(page);
}

async function grantEverything({ oidc }: Context): Promise<Grant | undefined> {
  const { provider, client, session, resourceServers = {} } = oidc ?? {};
  const accountId = session?.accountId;
  if (provider === undefined || client === undefined || accountId === undefined) return undefined;
  const { clientId, scope = 'openid' } = client;
  const known = session?.grantIdFor(clientId);
  const grant =
    (known === undefined ? undefined : await provider.Grant.find(known)) ?? new provider.Grant({ clientId, accountId });
  grant.addOIDCScope(scope);
  for (const resource of Object.keys(resourceServers)) grant.addResourceScope(resource, scope);
  await grant.save();
  return grant;
}
