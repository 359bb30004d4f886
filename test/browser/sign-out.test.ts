import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { makePerson } from '../../tools/login/people.ts';
import { PROVIDERS, useLogin } from './support/use-login.ts';
import { isOfSession, type Visit } from './support/visit.ts';

const alice = makePerson('Alice');
const LIFETIME_SECONDS = 6;

describe.each(PROVIDERS)(
  'signing out at %s',
  (kind) => {
    const login = useLogin({ kind, people: [alice], tokenLifetimeSeconds: LIFETIME_SECONDS });

    /** Follows the link on the page, and ends where the application asks for a login again. */
    async function signOut({ page }: Visit): Promise<void> {
      await page.getByRole('link', { name: 'Sign out' }).click();
      // Dex takes the ID token that Envoy sends along for an answer, and does not ask.
      if (kind === 'embedded') await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForSelector('#login');
    }

    test('ends the session here and at the provider, and the next page wants a login', async () => {
      const { backend, origin, provider, visit } = login();
      const person = await visit();
      await person.arrive(alice);
      const received = backend.requests.length;
      await signOut(person);
      // What else is there belongs to the login that has begun anew.
      expect([...(await person.cookies()).keys()].filter(isOfSession)).toEqual([]);
      expect(backend.requests.length).toBe(received);
      await person.open('/orders/8');
      expect(new URL(person.page.url()).origin).toBe(new URL(provider.issuer).origin);
      await person.logIn(alice);
      await person.page.waitForURL(`${origin}/orders/8`);
    });

    test('ends a copy of the cookies with its token: it is refreshed no more', async () => {
      const { visit } = login();
      const person = await visit();
      await person.arrive(alice);
      const copy = await person.context.cookies(login().origin);
      await signOut(person);
      const thief = await visit();
      await thief.context.addCookies(copy);
      const asked = async () => {
        const options = { headers: { accept: 'application/json' }, maxRedirects: 0 };
        return (await thief.context.request.get(`${login().origin}/orders/9`, options)).status();
      };
      await eventually(async () => expect(await asked()).toBe(401), 20_000);
      // The refresh token would have brought it back by now.
      expect(await asked()).toBe(401);
    });
  },
  60_000,
);
