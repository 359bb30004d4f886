import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { claimsReceived } from '../../tools/login/backend-page.ts';
import { makePerson } from '../../tools/login/people.ts';
import { PROVIDERS, useLogin } from './support/use-login.ts';
import { COOKIES, isOfSession, type Visit } from './support/visit.ts';

const alice = makePerson('Alice');
const LIFETIME_SECONDS = 5;
const EXPIRY_TIMEOUT = 15_000;

describe.each(PROVIDERS)(
  'a session at %s',
  (kind) => {
    const login = useLogin({ kind, people: [alice], tokenLifetimeSeconds: LIFETIME_SECONDS });

    /** Logs in and waits until the browser has thrown away what expires with the token. */
    async function comeBackLater(): Promise<Visit> {
      const person = await login().visit();
      await person.arrive(alice);
      await waitForExpiry(person);
      person.takeNavigations();
      return person;
    }

    async function waitForExpiry(person: Visit): Promise<void> {
      await eventually(async () => {
        expect([...(await person.cookies()).keys()].filter(isOfSession)).toEqual([COOKIES.refreshToken]);
      }, EXPIRY_TIMEOUT);
    }

    test('is refreshed by itself, and nobody sees it', async () => {
      const { backend, origin } = login();
      const person = await comeBackLater();
      const before = claimsReceived(backend.last());
      expect((await person.open('/orders/8?page=2')).status()).toBe(200);
      expect(person.takeNavigations()).toEqual([`${origin}/orders/8?page=2`]);
      const claims = claimsReceived(backend.last());
      expect(claims?.sub).toBe(before?.sub);
      expect(claims?.exp).toBeGreaterThan(Number(before?.exp));
      expect(backend.last().headers.cookie).toBeUndefined();
      expect([...(await person.cookies()).keys()].sort()).toEqual(Object.values(COOKIES).sort());
    });

    test('is refreshed for all that a page asks at once, forms included', async () => {
      const { backend } = login();
      const person = await comeBackLater();
      const answers = await Promise.all(
        [1, 2, 3, 4, 5, 6].map((i) =>
          person.fetch(`/orders/${i}`, i === 6 ? 'POST' : 'GET', i === 6 ? 'note=1' : undefined),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
      expect(backend.requests.findLast(({ method }) => method === 'POST')?.body).toBe('note=1');
      // And again, from what the six of them have left.
      await waitForExpiry(person);
      expect((await person.open('/orders/8')).status()).toBe(200);
    });

    test('ends when the provider refuses to refresh it: people log in again, scripts get 401', async () => {
      const { backend, origin, provider } = login();
      const person = await login().visit();
      await person.arrive(alice);
      await signOutAtProvider(person, provider.endSessionEndpoint);
      await person.open('/orders/8');
      await waitForExpiry(person);
      const received = backend.requests.length;
      expect((await person.fetch('/orders/9')).status).toBe(401);
      await person.open('/orders/9');
      expect(new URL(person.page.url()).origin).toBe(new URL(provider.issuer).origin);
      expect(backend.requests.length).toBe(received);
      await person.logIn(alice);
      await person.page.waitForURL(`${origin}/orders/9`);
    });

    test('begins anew when the refresh token is gone', async () => {
      const { origin, provider } = login();
      const person = await comeBackLater();
      await person.context.clearCookies({ name: COOKIES.refreshToken });
      await person.open('/orders/8');
      // The person is still known to the provider, which sends the browser back at once.
      expect(person.page.url()).toBe(`${origin}/orders/8`);
      expect(person.takeNavigations().some((url) => url.startsWith(provider.issuer))).toBe(true);
    });
  },
  60_000,
);

/** Leaves the provider in another tab, without Envoy hearing of it. */
async function signOutAtProvider({ context }: Visit, endSessionEndpoint: string): Promise<void> {
  const tab = await context.newPage();
  await tab.goto(endSessionEndpoint);
  await tab.getByRole('button', { name: /^(sign|log) out$/i }).click();
  await tab.waitForLoadState('load');
  await tab.close();
}
