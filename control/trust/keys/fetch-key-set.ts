import type { RemoteKeys } from '../../config/provider.ts';
import { type Document, fetchDocument } from './fetch-document.ts';
import { type ParsedKeySet, parseKeySet } from './parse-key-set.ts';
import type { Fetch } from './transport.ts';

export interface FetchedKeySet extends ParsedKeySet {
  /** ms for which the server lets it be kept; undefined when it does not say. */
  readonly maxAge: number | undefined;
}

const WELL_KNOWN = '/.well-known/openid-configuration';

/**
 * Fetches a provider's key set, looking up where it is first when only the issuer is known.
 *
 * @throws Error saying what went wrong; of what a server sent it holds kids at most, cut short
 */
export async function fetchKeySet(remote: RemoteKeys, fetch: Fetch): Promise<FetchedKeySet> {
  const signal = AbortSignal.timeout(remote.timeout);
  const { kind, url } = remote.location;
  const location = kind === 'url' ? url : await discover(remote, fetch, signal);
  const { text, maxAge } = await fetchDocument(fetch, location, signal);
  return { ...parseKeySet(text), maxAge };
}

/**
 * OpenID Connect Discovery 1.0 sections 4.1 and 4.3: the metadata must name the very issuer that was asked for, or
 * whoever serves that path could speak for another.
 */
async function discover({ location, allowInsecure }: RemoteKeys, fetch: Fetch, signal: AbortSignal): Promise<URL> {
  const issuer = issuerOf(location.url);
  const metadata = readMetadata(await fetchDocument(fetch, new URL(issuer + WELL_KNOWN), signal));
  if (metadata.issuer !== issuer && metadata.issuer !== `${issuer}/`) {
    throw new Error(`the metadata of ${issuer} name another issuer`);
  }
  const { jwks_uri: uri } = metadata;
  if (typeof uri !== 'string' || !URL.canParse(uri)) throw new Error(`the metadata of ${issuer} name no jwks_uri`);
  const url = new URL(uri);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowInsecure)) {
    throw new Error(`the jwks_uri of ${issuer} is not https://`);
  }
  return url;
}

/** The URL as issuers write themselves: without the slash that `URL` adds. */
function issuerOf({ href }: URL): string {
  return href.endsWith('/') ? href.slice(0, -1) : href;
}

function readMetadata({ text }: Document): { readonly issuer?: unknown; readonly jwks_uri?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { readonly issuer?: unknown };
  } catch {
    throw new Error('the metadata are not JSON');
  }
}
