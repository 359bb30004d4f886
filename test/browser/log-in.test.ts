import { describe, expect, test } from 'vitest';
import { claimsReceived } from '../../tools/login/backend-page.ts';
import { BACKEND_AUDIENCE, BROKER_CLIENT } from '../../tools/login/identity-provider.ts';
import { makePerson } from '../../tools/login/people.ts';
import { PROVIDERS, useLogin } from './support/use-login.ts';
import { COOKIES } from './support/visit.ts';

const alice = makePerson('Alice');
const DEEP_LINK = '/orders/7?view=full&name=%C3%A4%26b&empty=';
const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g;

describe.each(PROVIDERS)('a login at %s', (kind) => {
  const login = useLogin({ kind, people: [alice] });

  test('leads back to the page first asked for, with its query', async () => {
    const { backend, origin, provider, visit } = login();
    const received = backend.requests.length;
    const person = await visit();
    await person.open(DEEP_LINK);
    expect(new URL(person.page.url()).origin).toBe(new URL(provider.issuer).origin);
    expect(backend.requests.length).toBe(received);
    await person.logIn(alice);
    await person.page.waitForURL(origin + DEEP_LINK);
    expect(await person.heading()).toMatch(/^Hello alice/i);
    expect(backend.requests.filter(({ path }) => path === DEEP_LINK)).toHaveLength(1);
  });

  test('proves by PKCE that the code is for whoever began', async () => {
    const { provider, visit } = login();
    const person = await visit();
    await person.open('/orders/7');
    const start = person.takeNavigations().find((url) => url.startsWith(provider.authorizationEndpoint)) ?? '';
    const parameters = new URL(start).searchParams;
    expect(parameters.get('code_challenge_method')).toBe('S256');
    expect(parameters.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    expect(parameters.get('response_type')).toBe('code');
  });

  test('gets the backend a token of its own for that person, and nothing else of the session', async () => {
    const { backend, visit } = login();
    const person = await visit();
    await person.context.setExtraHTTPHeaders({ authorization: 'Bearer of-the-client-itself' });
    await person.context.addCookies([{ name: 'theme', value: 'dark', url: login().origin }]);
    await person.arrive(alice);
    const received = backend.last();
    const claims = claimsReceived(received) ?? {};
    expect([claims.aud].flat()).toContain(BACKEND_AUDIENCE);
    expect(claims.client_id ?? claims.azp).toBe(BROKER_CLIENT.id);
    // Dex writes subjects in a way of its own.
    expect(kind === 'dex' ? claims.email : claims.sub).toBe(kind === 'dex' ? alice.email : alice.id);
    expect(received.headers.cookie).toBe('theme=dark');
    const all = JSON.stringify(received.headerPairs);
    expect(all.match(JWT)).toEqual([String(received.headers.authorization).slice('Bearer '.length)]);
    expect(all).not.toContain('__Host-');
    expect(all).not.toContain('of-the-client-itself');
  });

  test('gets the backend nothing at all where policy wants no token', async () => {
    const { backend, visit } = login();
    const person = await visit();
    await person.context.setExtraHTTPHeaders({ authorization: 'Bearer of-the-client-itself' });
    await person.arrive(alice, '/assets/style.css');
    expect(backend.last().path).toBe('/assets/style.css');
    expect(backend.last().headers).not.toHaveProperty('authorization');
    expect(JSON.stringify(backend.last().headerPairs)).not.toMatch(/eyJ|__Host-/);
  });

  test('keeps the session in cookies that no script, no other site and no other host can have', async () => {
    const { origin, provider, visit } = login();
    const person = await visit();
    const set: Promise<string[]>[] = [];
    person.page.on('response', (response) => {
      if (response.url().startsWith(origin)) set.push(response.headerValues('set-cookie'));
    });
    await person.arrive(alice);
    // What Chromium reports as Lax may be its own default, which other browsers do not have.
    const lines = (await Promise.all(set)).flat().filter((line) => !line.includes('=deleted'));
    expect(lines.length).toBeGreaterThanOrEqual(9);
    for (const line of lines)
      expect(line).toMatch(/^__Host-login-[^;]+;path=\/;Max-Age=\d+;secure;HttpOnly;SameSite=Lax$/);
    const cookies = await person.cookies();
    expect([...cookies.keys()].sort()).toEqual(Object.values(COOKIES).sort());
    for (const { name, value, ...flags } of cookies.values()) {
      expect(flags).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/', domain: 'localhost' });
      expect(value).not.toMatch(JWT);
      if (name.endsWith('-token')) expect(value).toMatch(/^gcm\./);
    }
    expect(await person.page.evaluate('document.cookie')).toBe('');
    const elsewhere = [new URL(origin).href.replace('localhost', '127.0.0.1'), provider.issuer];
    const names = (await person.context.cookies(elsewhere)).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('__Host-login'))).toEqual([]);
  });

  test('asks the identity provider once, and the pages that follow ask nobody', async () => {
    const { backend, visit } = login();
    const person = await visit();
    await person.arrive(alice);
    const first = backend.last().headers.authorization;
    person.takeNavigations();
    for (const path of ['/orders/8', '/orders/9']) expect((await person.open(path)).status()).toBe(200);
    expect(person.takeNavigations()).toHaveLength(2);
    expect(backend.last().headers.authorization).toBe(first);
  });

  test('begins under the one name that it has, whatever name was opened', async () => {
    const { origin, visit } = login();
    const person = await visit();
    await person.page.goto(`${origin.replace('localhost', '127.0.0.1')}${DEEP_LINK}`);
    await person.logIn(alice);
    await person.page.waitForURL(origin + DEEP_LINK);
  });
});
