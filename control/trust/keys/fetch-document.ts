import type { Fetch } from './transport.ts';

/** Bytes of an answer that are read at most, after decoding: DexTokenBroker's limit. */
export const MAXIMUM_DOCUMENT = 512 * 1024;

export interface Document {
  readonly text: string;
  /** What `cache-control` says, in ms; undefined when it says nothing, 0 when it must not be kept. */
  readonly maxAge: number | undefined;
}

/**
 * Fetches one JSON document. Redirects are not followed: whoever could make this endpoint redirect could name the keys
 * that are trusted.
 *
 * @throws Error saying what was wrong with the answer; and whatever the connection fails with
 */
export async function fetchDocument(fetch: Fetch, url: URL, signal: AbortSignal): Promise<Document> {
  // Kubernetes' API servers answer 406 to whoever takes JSON alone (RFC 7517 section 8.5.2).
  const headers = { accept: 'application/json, application/jwk-set+json' };
  const response = await fetch(url, { headers, redirect: 'manual', signal });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url.host} answered ${response.status}`);
  }
  const text = await readBody(response, url);
  return { text, maxAge: readMaxAge(response.headers.get('cache-control'), response.headers.get('age')) };
}

/** Counts decoded bytes, so that a small compressed body cannot become a large one. */
async function readBody(response: Response, { host }: URL): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    // Leaving the loop cancels the body, and with it the connection.
    if (size > MAXIMUM_DOCUMENT) throw new Error(`${host} answered with more than ${MAXIMUM_DOCUMENT} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** RFC 9111 section 4.2: `max-age` less the `age` that caches on the way have added. */
function readMaxAge(cacheControl: string | null, age: string | null): number | undefined {
  if (cacheControl === null) return undefined;
  const directives = cacheControl.toLowerCase().split(',');
  const names = directives.map((directive) => directive.trim());
  if (names.includes('no-store') || names.includes('no-cache')) return 0;
  const seconds = names.map((name) => /^max-age="?(\d{1,9})"?$/.exec(name)?.[1]).find((digits) => digits !== undefined);
  if (seconds === undefined) return undefined;
  return Math.max(0, Number(seconds) - (/^\d{1,9}$/.test(age ?? '') ? Number(age) : 0)) * 1000;
}
