import { BrokerError, type ErrorCode } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { TokenExchangeRequest } from './ports.ts';
import { readCallerToken } from './read-token.ts';
import type { KeyInputs, TokenExchange, TokenPlace } from './route.ts';
import { readExpiry } from './subject-lifetime.ts';

/**
 * Takes the subject and the actor token from the key inputs, or from where authentication and the operator have them.
 *
 * @param verified the token that authentication has verified
 * @param now wall clock, ms
 * @throws BrokerError: bearer_token_required, subject_token_invalid, subject_token_expired, actor_token_required,
 * actor_token_invalid or actor_token_expired
 */
export function readExchange(
  action: TokenExchange,
  inputs: KeyInputs,
  verified: Secret | undefined,
  now: number,
): TokenExchangeRequest {
  const subjectToken =
    action.subjectToken === undefined
      ? verified
      : readFrom(action.subjectToken, inputs, 'bearer_token_required', 'subject_token_invalid');
  if (subjectToken === undefined) throw new BrokerError('bearer_token_required');
  const actorToken = readActor(action, inputs);
  const { subjectTokenType, requestedTokenType, issuedTokenType, actorTokenType } = action;
  const { resources, audiences, extraParameters } = action;
  return {
    issuer: action.issuer,
    grant: action.grant,
    grantType: action.grantType,
    onBehalfOf: action.onBehalfOf,
    clientId: action.clientId,
    clientSecret: action.clientSecret,
    scope: action.scope,
    ...{ subjectToken, subjectTokenType, requestedTokenType, issuedTokenType, actorToken, actorTokenType },
    ...{ resources, audiences, extraParameters },
    expiresAt: earliest(
      expiryOf(subjectToken, now, 'subject_token_expired'),
      // The operator's own token is not the caller's fault.
      actorToken &&
        expiryOf(actorToken, now, action.actorToken?.from === 'static' ? 'actor_token_expired' : 'actor_token_invalid'),
    ),
    maximumAge: action.maximumDecisionAge,
  };
}

function readActor({ actorToken }: TokenExchange, inputs: KeyInputs): Secret | undefined {
  if (actorToken === undefined) return undefined;
  if (actorToken.from === 'static') return actorToken.value;
  return readFrom(actorToken.place, inputs, 'actor_token_required', 'actor_token_invalid');
}

function readFrom(place: TokenPlace, inputs: KeyInputs, missing: ErrorCode, invalid: ErrorCode): Secret {
  const token = readCallerToken([place], inputs, { malformed: invalid, tooLarge: invalid });
  if (token === undefined) throw new BrokerError(missing);
  if (!/^[\x21-\x7e]+$/.test(token.reveal())) {
    throw new BrokerError(invalid, { cause: new Error('it holds characters that no token has') });
  }
  return token;
}

/** An issuer may allow for clocks that differ; what has expired by ours could not be given out in any case. */
function expiryOf(token: Secret, now: number, code: ErrorCode): number | undefined {
  const expiresAt = readExpiry(token);
  if (expiresAt !== undefined && expiresAt <= now) {
    throw new BrokerError(code, { cause: new Error(`it expired ${Math.ceil((now - expiresAt) / 1000)} s ago`) });
  }
  return expiresAt;
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
