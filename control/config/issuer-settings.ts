import type { Problems } from './problems.ts';
import { shown } from './problems.ts';

/** Parameters that the broker itself sends, or that would turn the request into another grant (RFC 6749, 7521, 8693). */
const RESERVED = new Set([
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'scope',
  'code',
  'code_verifier',
  'redirect_uri',
  'refresh_token',
  'username',
  'password',
  'assertion',
  'device_code',
  'auth_req_id',
  'requested_token_type',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
]);

const UNUSABLE = new URL('https://unusable.invalid/');

/** @returns the URL, or a stand-in when there is something wrong with it */
export function readTokenEndpoint(
  setting: string,
  text: string,
  insecure: { readonly allowed: boolean; readonly setting: string },
  problems: Problems,
): URL {
  if (!URL.canParse(text)) {
    problems.add(
      setting,
      `${shown(withoutUserInfo(text))} is not a URL; give one such as https://dex.example.com/token`,
    );
    return UNUSABLE;
  }
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    problems.add(setting, `${shown(url.protocol)} is not a scheme for a token endpoint; use https://`);
  } else if (url.protocol === 'http:' && !insecure.allowed) {
    problems.add(setting, `http:// would send secrets in the clear; use https://, or set ${insecure.setting}=true`);
  }
  if (url.username !== '' || url.password !== '') {
    problems.add(setting, 'holds credentials before the @; leave them out, they come with each request');
  }
  if (url.hash !== '') {
    problems.add(setting, 'ends in a fragment (RFC 6749 section 3.2 forbids it); remove # and what follows');
  }
  return url;
}

/** @returns the parameters that may be sent */
export function readExtraParameters(
  setting: string,
  parameters: Iterable<readonly [string, string]>,
  problems: Problems,
): ReadonlyMap<string, string> {
  const accepted = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (name === '' || value === '') {
      problems.add(setting, `${shown(name)} lacks a name or a value; write name=value`);
    } else if (RESERVED.has(name)) {
      problems.add(setting, `${shown(name)} is a parameter that the broker sets itself; remove it`);
    } else if (accepted.has(name)) {
      problems.add(setting, `${shown(name)} comes twice; give it once`);
    } else {
      accepted.set(name, value);
    }
  }
  return accepted;
}

function withoutUserInfo(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//');
}
