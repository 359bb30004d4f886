import { describe, expect, test } from 'vitest';
import { makePerson } from '../../tools/login/people.ts';
import { PROVIDERS, useLogin } from './support/use-login.ts';
import { COOKIES, isOfSession } from './support/visit.ts';

const groups = (count: number) => [
  'shop-users',
  ...Array.from({ length: count }, (_, i) => `a-group-of-a-company-${i}`),
];
/** Whose tokens are larger than what a browser keeps in one cookie, and whose are larger than what we keep in four. */
const alice = makePerson('Alice', groups(250));
const carol = makePerson('Carol', groups(800));
/** What a browser keeps of one cookie: its name and value. */
const MAXIMUM_COOKIE_BYTES = 4096;

describe.each(PROVIDERS)('somebody of many groups, at %s,', (kind) => {
  const login = useLogin({ kind, people: [alice, carol] });

  test('has a session of more than 8 KiB in several cookies, of which none gets further than Envoy', async () => {
    const { backend, visit } = login();
    const person = await visit();
    await person.arrive(alice);
    const cookies = [...(await person.cookies()).values()];
    const sizes = cookies.map(({ name, value }) => name.length + value.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAXIMUM_COOKIE_BYTES);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(8192);
    expect(cookies.map(({ name }) => name)).toContain(`${COOKIES.accessToken}_1`);
    expect((await person.open('/orders/8')).status()).toBe(200);
    expect(backend.last().headers).not.toHaveProperty('cookie');
  });

  test('is refreshed, and signed out of all of them', async () => {
    const { visit } = login();
    const person = await visit();
    await person.arrive(alice);
    await person.context.clearCookies({ name: COOKIES.hmac });
    person.takeNavigations();
    expect((await person.open('/orders/8')).status()).toBe(200);
    expect(person.takeNavigations()).toHaveLength(1);
    await person.page.getByRole('link', { name: 'Sign out' }).click();
    await expect.poll(async () => [...(await person.cookies()).keys()].filter(isOfSession)).toEqual([]);
  });

  test('is told when a token is too large for cookies, instead of being sent to log in for ever', async () => {
    const { envoy, origin, visit } = login();
    const person = await visit();
    await person.open('/orders/7');
    await person.logIn(carol);
    const { origin: at, pathname } = new URL(person.page.url());
    expect([at, pathname]).toEqual([origin, '/oauth2/callback']);
    expect(await person.heading()).toBe('This does not work at the moment');
    const reason = 'OAuth_token_exceeds_the_cookie_chunk_limit';
    await expect.poll(() => envoy.log()).toContain(reason);
  });
});
