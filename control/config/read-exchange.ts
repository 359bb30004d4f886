import { Secret } from '../secret.ts';
import type { TokenPlaceConfiguration } from './authenticate.ts';
import { staticValueProblem } from './credential-limits.ts';
import type { EntryContext } from './entry-context.ts';
import type { ActorTokenConfiguration, ExchangeAction, ExchangeGrant } from './exchange.ts';
import type { ActorTokenDocument, ExchangeDocument, OperatorSourceDocument } from './exchange-document.ts';
import { readExtraParameters } from './issuer-settings.ts';
import { operatorValue } from './operator-value.ts';
import { shown } from './problems.ts';
import { readPlace } from './read-authenticate.ts';

const DAY = 86_400_000;
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const REFRESH_TOKEN = 'urn:ietf:params:oauth:token-type:refresh_token';

/** RFC 6749 section 3.3; it also stands in challenges. */
const SCOPE = /^[!#-[\]-~]+( [!#-[\]-~]+)*$/;

/** The member `exchange` of an entry. */
export function readExchangeDocument(document: ExchangeDocument, context: EntryContext): ExchangeAction {
  const { clientId, clientSecret, subjectToken, requestedTokenType, actorToken } = document;
  if (requestedTokenType === REFRESH_TOKEN) {
    context.problem('exchange.requestedTokenType', 'would give backends a refresh token; ask for an access token');
  }
  if (clientId === undefined && clientSecret !== undefined) {
    context.problem('exchange.clientSecret', 'stands without clientId; name the client too, or neither');
  }
  const { grant = 'tokenExchange' } = document;
  if (grant !== 'tokenExchange') refuseUnused(document, grant, context);
  return {
    kind: 'exchange',
    issuer: document.issuerRef,
    grant,
    clientId: clientId && readValue('clientId', clientId, context),
    clientSecret: clientSecret && readValue('clientSecret', clientSecret, context),
    scope: readScope(document.scope, context),
    resources: readResources(document.resources ?? [], context),
    audiences: document.audiences ?? [],
    subjectToken: subjectToken && readPlace(subjectToken),
    subjectTokenType: document.subjectTokenType,
    requestedTokenType,
    actorToken: actorToken && readActorToken(actorToken, context),
    extraParameters: readParameters(document.extraParameters ?? {}, context),
    maximumDecisionAge: context.duration('exchange.maximumDecisionAge', document.maximumDecisionAge ?? '5m', 1000, DAY),
    authorizationHeader: document.authorizationHeader ?? 'authorization',
    tokenHeaders: document.tokenHeaders ?? [],
    strip: document.strip ?? [],
  };
}

/** An assertion has no type, and nobody acts for its subject (RFC 7523 section 2.1). */
function refuseUnused(document: ExchangeDocument, grant: ExchangeGrant, context: EntryContext): void {
  for (const field of ['subjectTokenType', 'requestedTokenType', 'actorToken'] as const) {
    if (document[field] !== undefined) context.problem(`exchange.${field}`, `is not used by grant ${grant}; remove it`);
  }
}

function readValue(
  part: Parameters<typeof staticValueProblem>[0],
  source: OperatorSourceDocument,
  context: EntryContext,
): Secret {
  const field = `exchange.${part}`;
  const value = operatorValue(context.nameOf(field), source, context);
  const problem = value && staticValueProblem(part, value);
  if (problem !== undefined) context.problem(field, problem);
  return value ?? new Secret('');
}

function readScope(source: ExchangeDocument['scope'], context: EntryContext): string | undefined {
  if (source === undefined) return undefined;
  const scope = readValue('scope', typeof source === 'string' ? { value: source.trim() } : source, context).reveal();
  if (scope !== '' && !SCOPE.test(scope)) {
    context.problem('exchange.scope', 'is not a list of scopes with one space between two (RFC 6749 section 3.3)');
  }
  return scope;
}

function readResources(resources: readonly string[], context: EntryContext): readonly string[] {
  for (const resource of resources.filter((each) => !URL.canParse(each) || each.includes('#'))) {
    context.problem(
      'exchange.resources',
      `${shown(resource)} is not an absolute URI without a fragment (RFC 8693 section 2.1); name it under audiences`,
    );
  }
  return resources;
}

function readParameters(
  parameters: Readonly<Record<string, string>>,
  context: EntryContext,
): ReadonlyMap<string, string> {
  const field = 'exchange.extraParameters';
  const { resource, audience, ...others } = parameters;
  if (resource !== undefined || audience !== undefined) {
    context.problem(field, 'holds resource or audience; name them under resources and audiences');
  }
  return readExtraParameters(context.nameOf(field), Object.entries(others), context.problems);
}

function readActorToken(document: ActorTokenDocument, context: EntryContext): ActorTokenConfiguration {
  const field = 'exchange.actorToken';
  const { type = ACCESS_TOKEN, header, prefix, cookie, file, environment, secretRef, value } = document;
  const sources = [header, cookie, file, environment, secretRef, value].filter((source) => source !== undefined);
  if (sources.length !== 1 || (prefix !== undefined && header === undefined)) {
    const all = 'header (with prefix, perhaps), cookie, file, environment, secretRef, value';
    context.problem(field, `needs exactly one of ${all}`);
  }
  if (header !== undefined || cookie !== undefined) {
    const place: TokenPlaceConfiguration = readPlace(document);
    return { type, source: { from: 'request', place } };
  }
  const token = operatorValue(context.nameOf(field), document, context);
  if (token !== undefined && !/^[!-~]+$/.test(token.reveal())) {
    context.problem(field, 'is no token: it is empty, or holds white space or what is not ASCII');
  }
  return { type, source: { from: 'static', value: token ?? new Secret('') } };
}
