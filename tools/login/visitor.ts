import { Agent, request } from 'undici';
import type { Stoppable } from '../launch/started-parts.ts';
import { CookieJar } from './cookie-jar.ts';

/** More hops than any login takes. */
const MAXIMUM_REDIRECTS = 20;
/** Sessions come in headers, and those of one person may be larger than undici's 16 KiB. */
const MAXIMUM_HEADER_BYTES = 128 * 1024;

/** A page, after all redirects. */
export interface VisitedPage {
  readonly url: URL;
  readonly status: number;
  readonly body: string;
  /** Every address on the way, this one included. */
  readonly hops: readonly URL[];
  /** Where the next redirect would have led, had the visitor not stopped before it. */
  readonly next?: URL;
}

type Fields = Readonly<Record<string, string>>;

/** Somebody with a browser, as far as a login takes one: cookies, redirects and forms, no scripts and no screen. */
export class Visitor implements Stoppable {
  readonly cookies = new CookieJar();
  /** Redirects to this path are not followed. */
  readonly #stopBefore: string | undefined;
  readonly #agent = new Agent({ maxHeaderSize: MAXIMUM_HEADER_BYTES });

  constructor({ stopBefore }: { readonly stopBefore?: string } = {}) {
    this.#stopBefore = stopBefore;
  }

  /** Opens an address and follows redirects, as a click on a link does. */
  open(address: string | URL): Promise<VisitedPage> {
    return this.#navigate(new URL(address), undefined);
  }

  /**
   * Fills in the form of a page, and sends it.
   *
   * @throws Error when the page has no form
   */
  submit({ url, body }: VisitedPage, fields: Fields): Promise<VisitedPage> {
    const form = /<form\b([^>]*)>([\s\S]*?)<\/form>/.exec(body);
    if (form === null) throw new Error(`there is no form on ${url.origin}${url.pathname}:\n${body}`);
    const [, attributes = '', content = ''] = form;
    const hidden = [...content.matchAll(/<input\b[^>]*>/g)]
      .map(([input]) => [attribute(input, 'name'), attribute(input, 'value') ?? ''] as const)
      .flatMap(([name, value]) => (name === undefined ? [] : [[name, value] as const]));
    const action = new URL(attribute(attributes, 'action') ?? '', url);
    return this.#navigate(action, new URLSearchParams({ ...Object.fromEntries(hidden), ...fields }));
  }

  /** Asks as a script does (`fetch`), which no login page is for. */
  async fetch(address: string | URL): Promise<{ status: number; body: string }> {
    const answer = await this.#send(new URL(address), { 'sec-fetch-mode': 'cors', accept: '*/*' });
    return { status: answer.status, body: answer.body };
  }

  async stop(): Promise<void> {
    await this.#agent.close();
  }

  async #navigate(address: URL, form: URLSearchParams | undefined): Promise<VisitedPage> {
    const headers = { 'sec-fetch-mode': 'navigate', accept: 'text/html,*/*;q=0.8' };
    const hops = [address];
    let answer = await this.#send(address, headers, form);
    while (answer.location !== undefined) {
      if (hops.length > MAXIMUM_REDIRECTS) throw new Error(`too many redirects: ${hops.join('\n')}`);
      const next = new URL(answer.location, hops.at(-1));
      if (next.pathname === this.#stopBefore) return { ...pageOf(answer), next };
      hops.push(next);
      answer = await this.#send(next, headers);
    }
    return pageOf(answer);

    function pageOf({ status, body }: { status: number; body: string }): VisitedPage {
      return { url: hops.at(-1) ?? address, status, body, hops };
    }
  }

  async #send(address: URL, headers: Fields, form?: URLSearchParams) {
    const cookie = this.cookies.headerFor(address);
    const answer = await request(address, {
      dispatcher: this.#agent,
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        ...headers,
        ...(cookie === '' ? {} : { cookie }),
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form === undefined ? {} : { body: form.toString() }),
    });
    this.cookies.store(address, [answer.headers['set-cookie'] ?? []].flat());
    const { location } = answer.headers;
    return {
      status: answer.statusCode,
      location: typeof location === 'string' ? location : undefined,
      body: await answer.body.text(),
    };
  }
}

function attribute(element: string, name: string): string | undefined {
  const [, value] = new RegExp(`\\b${name}="([^"]*)"`).exec(element) ?? [];
  return value?.replaceAll('&amp;', '&').replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}
