import { describe, expect, onTestFinished, test } from 'vitest';
import { makePerson } from '../../tools/login/people.ts';
import { Visitor } from '../../tools/login/visitor.ts';
import { PROVIDERS, useLogin } from './support/use-login.ts';

const [alice, carol] = [makePerson('Alice'), makePerson('Carol')];
const CALLBACK = '/oauth2/callback';

describe.each(PROVIDERS)('what others make up is refused, at %s:', (kind) => {
  const login = useLogin({ kind, people: [alice, carol] });

  /** Carol logs in and stops short of coming back: where the provider would have sent her. */
  async function interceptCallback(): Promise<{ visitor: Visitor; callback: URL }> {
    const visitor = new Visitor({ stopBefore: CALLBACK });
    onTestFinished(() => visitor.stop());
    const form = await visitor.open(`${login().origin}/orders/7`);
    const fields = { login: carol.email, password: carol.password, action: 'log-in' };
    const { next } = await visitor.submit(form, fields);
    if (next === undefined) throw new Error('the login did not come to its end');
    return { visitor, callback: next };
  }

  test("an attacker's own login, sent to somebody else, logs nobody in as the attacker", async () => {
    const { backend, visit } = login();
    const { callback } = await interceptCallback();
    const received = backend.requests.length;
    const victim = await visit();
    expect((await victim.open(callback.pathname + callback.search)).status()).toBe(401);
    expect([...(await victim.cookies()).keys()]).toEqual([]);
    expect(backend.requests.length).toBe(received);
  });

  test('nor somebody who is about to log in, or logged in already', async () => {
    const { origin, visit } = login();
    const { callback } = await interceptCallback();
    const victim = await visit();
    await victim.open('/orders/7');
    expect((await victim.open(callback.pathname + callback.search)).status()).toBe(401);
    await victim.open('/orders/7');
    await victim.logIn(alice);
    await victim.page.waitForURL(`${origin}/orders/7`);
    expect((await victim.open(callback.pathname + callback.search)).status()).toBe(401);
    await victim.open('/orders/8');
    expect(await victim.heading()).toMatch(/alice/i);
  });

  test('a callback whose code was changed, and what comes after it', async () => {
    const { visitor, callback } = await interceptCallback();
    const changed = new URL(callback);
    changed.searchParams.set('code', 'made-up');
    expect((await visitor.open(changed)).status).toBe(401);
    // The flow ended with that: its cookies are gone, and the right code comes too late.
    expect((await visitor.open(callback)).status).toBe(401);
  });

  test('a callback that comes twice', async () => {
    const { visitor, callback } = await interceptCallback();
    expect((await visitor.open(callback)).status).toBe(200);
    expect((await visitor.open(callback)).status).toBe(401);
    expect((await visitor.open(`${login().origin}/orders/8`)).status).toBe(200);
  });

  test.each([
    'http://evil.example/',
    '//evil.example/',
    'http://localhost@evil.example/',
    'http://localhost.evil.example/',
    'http://evil.example\\@localhost/',
    'javascript:alert(1)',
  ])('a way back to %s', async (address) => {
    const { visitor, callback } = await interceptCallback();
    const state = JSON.parse(Buffer.from(callback.searchParams.get('state') ?? '', 'base64url').toString());
    expect(state.url).toBe(`${login().origin}/orders/7`);
    const forged = Buffer.from(JSON.stringify({ ...state, url: address })).toString('base64url');
    callback.searchParams.set('state', forged);
    const answer = await visitor.open(callback);
    expect([answer.status, answer.url.href]).toEqual([401, callback.href]);
  });

  test('a Host header of another site starts no login there', async () => {
    const { origin, visit } = login();
    const person = await visit();
    const options = { headers: { host: 'evil.example', accept: 'text/html' }, maxRedirects: 0 };
    const answer = await person.context.request.get(`${origin}/orders/7`, options);
    expect([answer.status(), answer.headers().location]).toEqual([307, `${origin}/orders/7`]);
    expect(answer.headers()['set-cookie']).toBeUndefined();
  });
});
