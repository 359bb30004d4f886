import type { BrowserContext, Cookie, Page, Response } from 'playwright-core';
import type { Person } from '../../../tools/login/people.ts';

export const COOKIES = {
  accessToken: '__Host-login-access-token',
  idToken: '__Host-login-id-token',
  refreshToken: '__Host-login-refresh-token',
  expires: '__Host-login-expires',
  hmac: '__Host-login-hmac',
};

/** Whether a cookie is one of a session, and not of a login that has only begun. */
export function isOfSession(name: string): boolean {
  return name.startsWith('__Host-login-') && !/^__Host-login-(nonce|code-verifier)(\.|$)/.test(name);
}

/** One person at one browser. */
export class Visit {
  readonly context: BrowserContext;
  /** The tab that is open from the beginning. */
  readonly page: Page;
  readonly #origin: string;
  readonly #navigations: string[] = [];

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.context = context;
    this.page = page;
    this.#origin = origin;
    page.on('request', (request) => {
      if (request.isNavigationRequest()) this.#navigations.push(request.url());
    });
  }

  static async begin(context: BrowserContext, origin: string): Promise<Visit> {
    return new Visit(context, await context.newPage(), origin);
  }

  /** Opens a path of the application in the first tab, or another, and follows wherever that leads. */
  async open(path: string, tab = this.page): Promise<Response> {
    const response = await tab.goto(this.#origin + path);
    if (response === null) throw new Error(`${path}: no answer`);
    return response;
  }

  /** Fills in the login page that a tab shows. Both identity providers name their fields alike. */
  async logIn({ email, password }: Pick<Person, 'email' | 'password'>, tab = this.page): Promise<void> {
    await tab.fill('#login', email);
    await tab.fill('#password', password);
    await Promise.all([tab.waitForLoadState('load'), tab.getByRole('button', { name: /^log ?in$/i }).click()]);
  }

  /** Opens a path and logs in. */
  async arrive(person: Person, path = '/orders/7'): Promise<void> {
    await this.open(path);
    await this.logIn(person);
    await this.page.waitForURL(this.#origin + path);
  }

  /** The heading of the page: the backend's greets whoever its token is for. */
  async heading(tab = this.page): Promise<string> {
    return (await tab.locator('h1').textContent()) ?? '';
  }

  /** Addresses that the first tab went to since the last call, redirects included; clears them. */
  takeNavigations(): string[] {
    return this.#navigations.splice(0);
  }

  /** The application's cookies by name. */
  async cookies(): Promise<Map<string, Cookie>> {
    return new Map((await this.context.cookies(this.#origin)).map((cookie) => [cookie.name, cookie]));
  }

  /** Replaces the value of one of the application's cookies. */
  async setCookie(name: string, value: string): Promise<void> {
    const former = (await this.cookies()).get(name);
    if (former === undefined) throw new Error(`there is no cookie ${name}`);
    await this.context.addCookies([{ ...former, value }]);
  }

  /** What a script of the page in the first tab gets (`fetch`). */
  async fetch(path: string, method = 'GET', body?: string): Promise<{ status: number; body: string }> {
    return this.page.evaluate(
      async ([address, verb, content]) => {
        const answer = await fetch(address, { method: verb, ...(content === undefined ? {} : { body: content }) });
        return { status: answer.status, body: await answer.text() };
      },
      [path, method, body] as const,
    );
  }
}
