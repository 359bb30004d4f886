import { BrokerError } from '../errors.ts';
import { Secret } from '../secret.ts';
import type { Allow, Decision } from './decision.ts';
import { freshnessAt } from './freshness.ts';
import { ageOf, type HeldToken } from './held-token.ts';
import type { ObtainToken } from './obtain-token.ts';
import type { Clock, TokenRequest } from './ports.ts';
import { readCredentials } from './read-credentials.ts';
import { refuse } from './refuse.ts';
import type { ClientCredentials, KeyInputs, Route } from './route.ts';
import { tokenKey } from './token-key.ts';

export interface DecideDependencies {
  readonly obtainToken: ObtainToken;
  readonly clock: Clock;
  /** The key of {@link tokenKey}. */
  readonly storeKey: Buffer;
  /** False where the operator switched caching off: then no answer may be given twice. */
  readonly cacheable: boolean;
}

/**
 * One decision. It never rejects: whatever goes wrong ends in a refusal.
 *
 * @param options.rejected the digest of a token that the backend refused
 */
export type Decide = (
  route: Route,
  inputs: KeyInputs,
  options?: { rejected?: string | undefined },
) => Promise<Decision>;

export function createDecide(dependencies: DecideDependencies): Decide {
  const { obtainToken, clock, storeKey, cacheable } = dependencies;

  async function clientCredentials(
    action: ClientCredentials,
    inputs: KeyInputs,
    rejected: string | undefined,
  ): Promise<Decision> {
    const { clientId, clientSecret, scope } = readCredentials(action, inputs);
    const request: TokenRequest = {
      issuer: action.issuer,
      grant: 'client_credentials',
      clientId,
      clientSecret,
      scope,
    };
    const obtained = await obtainToken(tokenKey(storeKey, request, action.issuerDigest), request, rejected);
    if (obtained.kind === 'refused') {
      const { error, rememberAtMost } = obtained;
      return refuse(error, { clientId, remember: cacheable, rememberAtMost });
    }
    return allow(action, obtained.held);
  }

  function allow(action: ClientCredentials, held: HeldToken): Allow {
    const inject = new Map([[action.authorizationHeader, new Secret(`Bearer ${held.token.accessToken.reveal()}`)]]);
    for (const { field, header } of action.tokenHeaders) {
      const value = held.token.fields.get(field);
      if (value !== undefined && isHeaderValue(value.reveal())) {
        inject.set(header, value);
      }
    }
    return {
      outcome: 'allow',
      inject,
      tokenDigest: held.token.digest,
      freshness: cacheable ? freshnessAt(ageOf(held, clock), held.usable) : undefined,
    };
  }

  return async (route, inputs, options = {}) => {
    try {
      if (route.kind === 'pass') {
        return { outcome: 'allow', inject: new Map(), tokenDigest: undefined, freshness: undefined };
      }
      if (route.kind === 'deny') {
        return { ...refuse(new BrokerError('policy_denied'), { remember: cacheable }), ...bodyOf(route) };
      }
      return await clientCredentials(route.action, inputs, options.rejected);
    } catch (error) {
      return refuse(error, { remember: cacheable });
    }
  };
}

function bodyOf(route: { readonly status: number; readonly body: string }): { status: number; body: string } {
  return { status: route.status, body: route.body };
}

/** DexTokenBroker leaves out a field that is empty or cannot be a header (RFC 9110 section 5.5). */
function isHeaderValue(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  return text !== '' && !/[\x00-\x1f\x7f]/.test(text);
}
