interface StoredCookie {
  readonly value: string;
  readonly path: string;
  /** ms since 1970. */
  readonly deadline: number;
}

/** Cookies as a browser keeps them (RFC 6265), for hosts that set none for others. */
export class CookieJar {
  /** By host name, then by name. Ports make no difference to cookies. */
  readonly #hosts = new Map<string, Map<string, StoredCookie>>();

  /** Keeps what an answer sets. */
  store({ hostname }: URL, setCookie: readonly string[]): void {
    const cookies = this.#hosts.get(hostname) ?? new Map<string, StoredCookie>();
    this.#hosts.set(hostname, cookies);
    for (const line of setCookie) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const [name, value] = splitOnce(pair, '=');
      const read = new Map(
        attributes.map((text) => splitOnce(text, '=')).map(([key, text]) => [key.toLowerCase(), text]),
      );
      const deadline = deadlineOf(read);
      if (deadline <= Date.now()) cookies.delete(name);
      else cookies.set(name, { value, path: read.get('path') ?? '/', deadline });
    }
  }

  /** The Cookie header of a request; empty where there is none to send. */
  headerFor({ hostname, pathname }: URL): string {
    const sent = [...(this.#hosts.get(hostname) ?? [])].filter(
      ([, { path, deadline }]) => deadline > Date.now() && pathname.startsWith(path),
    );
    return sent.map(([name, { value }]) => `${name}=${value}`).join('; ');
  }

  /** Names of what is kept for a host. */
  names({ hostname }: URL): string[] {
    return [...(this.#hosts.get(hostname)?.keys() ?? [])];
  }

  /** Forgets one cookie of a host. */
  forget({ hostname }: URL, name: string): void {
    this.#hosts.get(hostname)?.delete(name);
  }
}

function deadlineOf(attributes: ReadonlyMap<string, string>): number {
  const maximumAge = attributes.get('max-age');
  if (maximumAge !== undefined) return Date.now() + Number(maximumAge) * 1000;
  const expires = attributes.get('expires');
  return expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
