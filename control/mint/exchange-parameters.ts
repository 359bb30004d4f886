import type { TokenExchangeRequest } from '../decide/ports.ts';

/**
 * Puts the parameters of RFC 8693 section 2.1 or RFC 7523 section 2.1 in place; `resource` and `audience` come once for each
 * value.
 */
export function addExchangeParameters(parameters: URLSearchParams, request: TokenExchangeRequest): void {
  for (const [name, value] of request.extraParameters) parameters.set(name, value);
  if (request.grant === 'urn:ietf:params:oauth:grant-type:jwt-bearer') addAssertion(parameters, request);
  else addSubject(parameters, request);
  setAll(parameters, 'resource', request.resources);
  setAll(parameters, 'audience', request.audiences);
}

function addAssertion(parameters: URLSearchParams, { subjectToken, onBehalfOf }: TokenExchangeRequest): void {
  parameters.set('assertion', subjectToken.reveal());
  if (onBehalfOf) parameters.set('requested_token_use', 'on_behalf_of');
}

function addSubject(parameters: URLSearchParams, request: TokenExchangeRequest): void {
  parameters.set('subject_token', request.subjectToken.reveal());
  parameters.set('subject_token_type', request.subjectTokenType);
  if (request.requestedTokenType !== undefined) parameters.set('requested_token_type', request.requestedTokenType);
  if (request.actorToken !== undefined && request.actorTokenType !== undefined) {
    parameters.set('actor_token', request.actorToken.reveal());
    parameters.set('actor_token_type', request.actorTokenType);
  }
}

/** What the policy entry names takes the place of what its issuer's configuration has under the same name. */
function setAll(parameters: URLSearchParams, name: string, values: readonly string[]): void {
  if (values.length > 0) parameters.delete(name);
  for (const value of values) parameters.append(name, value);
}
