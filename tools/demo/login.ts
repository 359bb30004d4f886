import { randomBytes } from 'node:crypto';
import { ENVOY_VERSION } from '../envoy/version.ts';
import type { StartedParts } from '../launch/started-parts.ts';
import { claimsReceived } from '../login/backend-page.ts';
import { BACKEND_AUDIENCE } from '../login/identity-provider.ts';
import { PEOPLE, type Person } from '../login/people.ts';
import { type LoginStage, startLogin } from '../login/start.ts';
import { type VisitedPage, Visitor } from '../login/visitor.ts';
import { describeReceived } from './describe.ts';
import type { Page } from './page.ts';
import type { Scenario } from './scenario.ts';

const FIRST_PAGE = '/orders/7?view=full';
/** Short, so that whoever plays with it sees the session refresh. */
const TOKEN_LIFETIME_SECONDS = 60;
/** What outlives the tokens in a browser; the session is made anew from it. */
const REFRESH_COOKIE = '__Host-login-refresh-token';

/** People log in to Envoy with a browser, and the backend gets a token of its own for them. */
export const showLogin: Scenario = async (parts, page) => {
  const stage = await start(parts, page);
  const visitor = () => parts.keep(new Visitor());
  const alice = visitor();

  page.heading('1. A page, without a session');
  const form = await alice.open(stage.origin + FIRST_PAGE);
  page.facts('the browser ends up at', [form.url.origin + form.url.pathname]);
  page.check('at the login page of the identity provider', form.url.origin === new URL(stage.provider.issuer).origin);
  page.check('and the backend saw nothing of it', stage.backend.requests.length === 0);
  const wrong = await alice.submit(form, { ...credentials(PEOPLE.alice), password: 'wrong' });
  page.check('a wrong password leads no further', wrong.url.origin === form.url.origin);

  page.heading(`2. ${PEOPLE.alice.name} logs in`);
  const back = await alice.submit(wrong, credentials(PEOPLE.alice));
  page.facts('the browser comes back to', [back.url.href]);
  page.check('that is the page first asked for', back.status === 200 && back.url.href === stage.origin + FIRST_PAGE);
  showToken(stage, page, back);

  page.heading('3. Later: the token of the login has expired');
  await showRefresh(stage, page, alice);
  page.heading('4. A script without a session');
  const { status, body } = await visitor().fetch(`${stage.origin}/orders/7`);
  page.facts('it gets', [`${status} ${body}`]);
  page.check('401, and no redirect to a page that no script can fill in', status === 401);

  page.heading(`5. ${PEOPLE.bob.name}, who is not of the group shop-users`);
  await showRefusal(stage, page, visitor());
  page.heading('6. Signing out');
  await showSignOut(stage, page, alice);
  showWhatToTry(stage, page);
};

async function start(parts: StartedParts, page: Page): Promise<LoginStage> {
  page.heading('Starting');
  const setup = {
    kind: process.env.IDP === 'dex' ? 'dex' : 'embedded',
    people: Object.values(PEOPLE),
    tokenLifetimeSeconds: TOKEN_LIFETIME_SECONDS,
    cookieKey: randomBytes(48).toString('base64'),
  } as const;
  const stage = await startLogin(setup, parts);
  const { provider, control, backend, envoy } = stage;
  page.facts('identity provider', [`${provider.issuer} (${provider.name})`]);
  page.facts('control', [`http://127.0.0.1:${control.filterPort} for the filter`]);
  page.facts('backend', [`http://127.0.0.1:${backend.port} (answers with what it received)`]);
  page.facts(`Envoy ${ENVOY_VERSION}`, [`${stage.origin} as envoy/login.yaml has it, admin at ${envoy.adminUrl}`]);
  return stage;
}

function showToken({ backend }: LoginStage, page: Page, back: VisitedPage): void {
  const received = back.status === 200 ? backend.last() : undefined;
  const claims = received === undefined ? undefined : claimsReceived(received);
  page.facts('the backend received', received === undefined ? ['nothing'] : describeReceived(received));
  page.check(`a token for ${BACKEND_AUDIENCE}`, [claims?.aud].flat().includes(BACKEND_AUDIENCE));
  page.check(`that says it is ${PEOPLE.alice.name}'s`, isOf(claims, PEOPLE.alice));
  page.check('and none of the cookies of the session', received !== undefined && received.headers.cookie === undefined);
}

async function showRefresh({ origin, backend }: LoginStage, page: Page, alice: Visitor): Promise<void> {
  const before = backend.last().headers.authorization;
  for (const name of alice.cookies.names(new URL(origin))) {
    if (name !== REFRESH_COOKIE) alice.cookies.forget(new URL(origin), name);
  }
  const again = await alice.open(`${origin}/orders/8`);
  page.facts('the browser still has', [`the cookie ${REFRESH_COOKIE}; the others went with the token's lifetime`]);
  page.check('the page comes at once, without a login', again.status === 200 && again.hops.length === 1);
  page.check("with a new token that is still the same person's", isRenewed(backend, before));
}

function isRenewed(backend: LoginStage['backend'], before: unknown): boolean {
  const received = backend.last();
  return received.headers.authorization !== before && isOf(claimsReceived(received), PEOPLE.alice);
}

async function showRefusal({ origin, backend }: LoginStage, page: Page, bob: Visitor): Promise<void> {
  const before = backend.requests.length;
  const refused = await bob.submit(await bob.open(`${origin}/orders/7`), credentials(PEOPLE.bob));
  page.facts('the browser shows', [`${refused.status}: ${/<h1>(.*)<\/h1>/.exec(refused.body)?.[1]}`]);
  page.check(
    'refused, and the backend saw nothing of it',
    refused.status === 403 && backend.requests.length === before,
  );
}

async function showSignOut({ origin, provider }: LoginStage, page: Page, alice: Visitor): Promise<void> {
  const confirmation = await alice.open(`${origin}/oauth2/sign-out`);
  // oidc-provider asks; Dex takes the ID token that Envoy sends along for an answer.
  const isAsked = confirmation.body.includes('op.logoutForm');
  const after = isAsked ? await alice.submit(confirmation, { logout: 'yes' }) : confirmation;
  page.facts('the browser ends up at', [after.url.origin + after.url.pathname]);
  const sessionCookies = alice.cookies.names(new URL(origin)).filter((name) => name.endsWith('-token'));
  page.check('no token is left in the browser', sessionCookies.length === 0);
  page.check('and the next page wants a login again', after.url.origin === new URL(provider.issuer).origin);
}

function showWhatToTry({ origin }: LoginStage, page: Page): void {
  page.heading('To try in a browser');
  page.facts('open', [origin + FIRST_PAGE]);
  for (const { name, email, password } of Object.values(PEOPLE)) page.facts(name, [`${email}, ${password}`]);
  page.facts('sign out', [`${origin}/oauth2/sign-out`]);
  page.line();
}

function credentials({ email, password }: Person): Record<string, string> {
  return { login: email, password, action: 'log-in' };
}

/** oidc-provider's tokens name people by `sub`; Dex has its own way of writing that, and says the address. */
function isOf(claims: Record<string, unknown> | undefined, { id, email }: Person): boolean {
  return claims?.sub === id || claims?.email === email;
}
