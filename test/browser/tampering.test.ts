import { describe, expect, test } from 'vitest';
import { claimsReceived } from '../../tools/login/backend-page.ts';
import { makePerson } from '../../tools/login/people.ts';
import { PROVIDERS, useLogin } from './support/use-login.ts';
import { COOKIES, type Visit } from './support/visit.ts';

const [alice, carol] = [makePerson('Alice'), makePerson('Carol')];

describe.each(PROVIDERS)('cookies that were changed, at %s,', (kind) => {
  const login = useLogin({ kind, people: [alice, carol] });

  async function arrive(person = alice): Promise<Visit> {
    const visit = await login().visit();
    await visit.arrive(person);
    visit.takeNavigations();
    return visit;
  }

  const askedProvider = (visit: Visit) =>
    visit.takeNavigations().some((url) => url.startsWith(login().provider.issuer));

  test.each([COOKIES.accessToken, COOKIES.idToken, COOKIES.expires, COOKIES.hmac])(
    '%s: the session is made anew from the refresh token',
    async (name) => {
      const { backend } = login();
      const visit = await arrive();
      const before = backend.last().headers.authorization;
      await visit.setCookie(name, change((await visit.cookies()).get(name)?.value ?? ''));
      expect((await visit.open('/orders/8')).status()).toBe(200);
      expect(await visit.heading()).toMatch(/alice/i);
      expect(askedProvider(visit)).toBe(false);
      expect(backend.last().headers.authorization).not.toBe(before);
    },
  );

  test('the refresh token itself: people log in again', async () => {
    const visit = await arrive();
    const value = (await visit.cookies()).get(COOKIES.refreshToken)?.value ?? '';
    await visit.setCookie(COOKIES.refreshToken, change(value));
    const { status } = await visit.fetch('/orders/8');
    expect(status).toBe(401);
    await visit.open('/orders/8');
    expect(askedProvider(visit)).toBe(true);
    expect(await visit.heading()).toMatch(/alice/i);
  });

  test('a session that says it lasts longer than it does', async () => {
    const { backend } = login();
    const visit = await arrive();
    for (const name of [COOKIES.refreshToken, COOKIES.idToken]) await visit.context.clearCookies({ name });
    const until = Number((await visit.cookies()).get(COOKIES.expires)?.value);
    await visit.setCookie(COOKIES.expires, `${until + 3600}`);
    const received = backend.requests.length;
    expect((await visit.fetch('/orders/8')).status).toBe(401);
    expect(backend.requests.length).toBe(received);
  });

  test("two people's cookies together: never one person's session with the other's token", async () => {
    const { backend } = login();
    const theirs = await (await arrive(carol)).cookies();
    for (const names of [[COOKIES.accessToken], [COOKIES.accessToken, COOKIES.hmac], [COOKIES.refreshToken]]) {
      const visit = await arrive(alice);
      for (const name of names) await visit.setCookie(name, theirs.get(name)?.value ?? '');
      expect((await visit.open('/orders/8')).status()).toBe(200);
      // Whoever the refresh token belongs to: the seal of the rest is broken.
      const expected = names.includes(COOKIES.refreshToken) ? carol : alice;
      expect(await visit.heading()).toMatch(new RegExp(expected.id, 'i'));
      await visit.open('/orders/9');
      expect(isOf(expected)).toBe(true);
    }

    function isOf({ id, email }: typeof alice): boolean {
      const { sub, email: address } = claimsReceived(backend.last()) ?? {};
      return sub === id || address === email;
    }
  });
});

/** Another character in the middle, of the same alphabet. */
function change(value: string): string {
  const at = Math.floor(value.length / 2);
  return value.slice(0, at) + (value[at] === '1' ? '2' : '1') + value.slice(at + 1);
}
