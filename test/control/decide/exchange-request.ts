import type { TokenExchangeRequest } from '../../../control/decide/ports.ts';
import { Secret } from '../../../control/secret.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** An exchange, with what a test does not care about left out. */
export function exchangeRequest(parts: Partial<TokenExchangeRequest> = {}): TokenExchangeRequest {
  return {
    issuer: 'issuer',
    grant: 'urn:ietf:params:oauth:grant-type:token-exchange',
    grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
    onBehalfOf: false,
    clientId: 'broker',
    clientSecret: new Secret('broker-secret'),
    scope: undefined,
    subjectToken: new Secret('planted-subject'),
    subjectTokenType: ACCESS_TOKEN,
    requestedTokenType: undefined,
    issuedTokenType: ACCESS_TOKEN,
    actorToken: undefined,
    actorTokenType: undefined,
    resources: [],
    audiences: [],
    extraParameters: new Map(),
    expiresAt: undefined,
    maximumAge: 300_000,
    ...parts,
  };
}
