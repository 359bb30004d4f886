import { type EndpointKind, readEndpointUrl } from './endpoint-url.ts';
import type { ExchangeDefaults } from './exchange.ts';
import { type Problems, shown } from './problems.ts';

/** What exchanges are like where the operator says nothing. */
export const DEFAULT_EXCHANGE: ExchangeDefaults = {
  grantType: undefined,
  subjectTokenType: 'urn:ietf:params:oauth:token-type:access_token',
  issuedTokenType: undefined,
  checksIssuedTokenType: true,
};

/** What challenges name where the operator says nothing. */
export const DEFAULT_REALM = 'token-broker';

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
  'requested_token_use',
  'device_code',
  'auth_req_id',
  'requested_token_type',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
]);

const TOKEN_ENDPOINT: EndpointKind = {
  example: 'https://dex.example.com/token',
  what: 'a token endpoint',
  danger: 'send secrets in the clear',
  noCredentials: 'they come with each request',
};

/** @returns the URL, or a stand-in when there is something wrong with it */
export function readTokenEndpoint(
  setting: string,
  text: string,
  insecure: { readonly allowed: boolean; readonly setting: string },
  problems: Problems,
): URL {
  const url = readEndpointUrl(setting, text, insecure, problems, TOKEN_ENDPOINT);
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
