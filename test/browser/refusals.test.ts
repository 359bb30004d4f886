import { describe, expect, test } from 'vitest';
import { readSamples, sumSamples } from '../../tools/launch/statistics.ts';
import { makePerson } from '../../tools/login/people.ts';
import { PROVIDERS, useLogin } from './support/use-login.ts';
import type { Visit } from './support/visit.ts';

const alice = makePerson('Alice');
const bob = makePerson('Bob', ['staff']);
/** The origin's only page that needs no session: a login that was refused. */
const REFUSED = '/oauth2/callback?error=access_denied';

describe.each(PROVIDERS)('at %s', (kind) => {
  const login = useLogin({ kind, people: [alice, bob] });

  test('a wrong password leads nowhere, and the right one from there to the page', async () => {
    const { backend, origin, provider, visit } = login();
    const person = await visit();
    const received = backend.requests.length;
    await person.open('/orders/7');
    await person.logIn({ ...alice, password: 'wrong' });
    expect(new URL(person.page.url()).origin).toBe(new URL(provider.issuer).origin);
    expect(await person.page.locator('body').textContent()).toMatch(/wrong|invalid/i);
    expect(backend.requests.length).toBe(received);
    await person.logIn(alice);
    await person.page.waitForURL(`${origin}/orders/7`);
  });

  test('a login that was refused ends on a page from which one can go on', async () => {
    const { origin, visit } = login();
    const person = await visit();
    const answer = await person.open(REFUSED);
    expect(answer.status()).toBe(401);
    expect(await person.heading()).toBe('You are not logged in');
    await person.page.getByRole('link', { name: 'Log in' }).click();
    await person.logIn(alice);
    await person.page.waitForURL(`${origin}/`);
  });

  test('whoever is not of the group gets 403, no token, and a way to be somebody else', async () => {
    const { backend, control, origin, visit } = login();
    const decisions = async () =>
      sumSamples(
        await readSamples(`http://127.0.0.1:${control.adminPort}`, '/metrics'),
        'token_broker_decisions_total',
      );
    const before = [await decisions(), backend.requests.length];
    const person = await visit();
    await person.open('/orders/7');
    await person.logIn(bob);
    await person.page.waitForURL(`${origin}/orders/7`);
    expect(await person.heading()).toBe('This page is not for your account');
    expect((await person.fetch('/orders/7')).status).toBe(403);
    expect([await decisions(), backend.requests.length]).toEqual(before);
    await person.page.getByRole('link', { name: /^Sign out/ }).click();
    await confirmSignOut(person);
    await person.logIn(alice);
    await person.page.waitForURL(`${origin}/`);
    expect(await person.heading()).toMatch(/alice/i);
  });

  test('without a session scripts get 401, whatever they ask for, and people are sent to log in', async () => {
    const { backend, visit } = login();
    const person = await visit();
    await person.open(REFUSED);
    const received = backend.requests.length;
    const answers = [
      await person.fetch('/orders/7'),
      await person.fetch('/orders/7', 'POST', 'note=1'),
      await person.fetch('/orders/7', 'DELETE'),
    ];
    expect(answers).toEqual(answers.map(() => ({ status: 401, body: 'OAuth flow failed.' })));
    expect(await statusWith({ 'x-requested-with': 'XMLHttpRequest', accept: 'text/html' })).toBe(401);
    expect(await statusWith({ accept: 'application/json' })).toBe(401);
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ accept: 'text/html' }, 'POST')).toBe(401);
    expect(await statusWith({ accept: 'text/html' })).toBe(302);
    expect(backend.requests.length).toBe(received);

    /** As a browser that does not say what a request is for. */
    async function statusWith(headers: Record<string, string>, method = 'GET'): Promise<number> {
      const options = { method, headers, maxRedirects: 0, ...(method === 'POST' ? { data: 'note=1' } : {}) };
      return (await person.context.request.fetch(`${login().origin}/orders/7`, options)).status();
    }
  });

  async function confirmSignOut({ page }: Visit): Promise<void> {
    // Dex takes the ID token that Envoy sends along for an answer, and does not ask.
    if (kind === 'embedded') await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForSelector('#login');
  }
});
