import { type Problems, shown } from './problems.ts';

const UNUSABLE = new URL('https://unusable.invalid/');

/** What differs between endpoints in what is said of a bad one. */
export interface EndpointKind {
  /** A good one. */
  readonly example: string;
  /** Follows "is not a scheme for". */
  readonly what: string;
  /** What `http://` would do. */
  readonly danger: string;
  /** Why credentials in the URL are not needed. */
  readonly noCredentials: string;
}

/**
 * Reads the URL of an endpoint of the operator's: `https://`, or `http://` where that is allowed, without credentials.
 *
 * @returns the URL, or a stand-in when it is none
 */
export function readEndpointUrl(
  setting: string,
  text: string,
  insecure: { readonly allowed: boolean; readonly setting: string },
  problems: Problems,
  { example, what, danger, noCredentials }: EndpointKind,
): URL {
  if (!URL.canParse(text)) {
    // What stands before an @ may be a password.
    problems.add(setting, `${shown(text.replace(/\/\/[^/]*@/, '//'))} is not a URL; give one such as ${example}`);
    return UNUSABLE;
  }
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    problems.add(setting, `${shown(url.protocol)} is not a scheme for ${what}; use https://`);
  } else if (url.protocol === 'http:' && !insecure.allowed) {
    problems.add(setting, `http:// would ${danger}; use https://, or set ${insecure.setting}=true`);
  }
  if (url.username !== '' || url.password !== '') {
    problems.add(setting, `holds credentials before the @; leave them out, ${noCredentials}`);
  }
  return url;
}
