import { Secret } from '../secret.ts';
import type { TokenPlaceConfiguration } from './authenticate.ts';
import { staticValueProblem } from './credential-limits.ts';
import type { Environment } from './environment-reader.ts';
import type { ActorTokenConfiguration, ExchangeAction } from './exchange.ts';
import type { ActorTokenDocument, ExchangeDocument, OperatorSourceDocument } from './exchange-document.ts';
import { readAuthenticateDocument, readPlace } from './file-authenticate.ts';
import { readExtraParameters } from './issuer-settings.ts';
import { operatorValue } from './operator-value.ts';
import { type Problems, shown } from './problems.ts';
import type { Files } from './read-files.ts';

const DAY = 86_400_000;
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const REFRESH_TOKEN = 'urn:ietf:params:oauth:token-type:refresh_token';

/** RFC 6749 section 3.3; it also stands in challenges. */
const SCOPE = /^[!#-[\]-~]+( [!#-[\]-~]+)*$/;

interface Context {
  readonly environment: Environment;
  readonly duration: (setting: string, text: string, minimum: number, maximum: number) => number;
  readonly files: Files;
  readonly problems: Problems;
}

/** The action `exchange` of a policy entry. */
export function readExchangeDocument(entry: string, document: ExchangeDocument, context: Context): ExchangeAction {
  const { problems, duration } = context;
  const { clientSecret, subjectToken, requestedTokenType, actorToken, authenticate } = document;
  if (requestedTokenType === REFRESH_TOKEN) {
    problems.add(`${entry}: requestedTokenType`, 'would give backends a refresh token; ask for an access token');
  }
  return {
    kind: 'exchange',
    issuer: document.issuer,
    clientId: readValue(entry, 'clientId', document.clientId, context),
    clientSecret: clientSecret && readValue(entry, 'clientSecret', clientSecret, context),
    scope: readScope(entry, document.scope, context),
    resources: readResources(entry, document.resources ?? [], problems),
    audiences: document.audiences ?? [],
    subjectToken: subjectToken && readPlace(subjectToken),
    subjectTokenType: document.subjectTokenType ?? ACCESS_TOKEN,
    requestedTokenType,
    actorToken: actorToken && readActorToken(`${entry}: actorToken`, actorToken, context),
    extraParameters: readParameters(`${entry}: extraParameters`, document.extraParameters ?? {}, problems),
    maximumDecisionAge: duration(`${entry}: maximumDecisionAge`, document.maximumDecisionAge ?? '5m', 1000, DAY),
    authorizationHeader: document.authorizationHeader ?? 'authorization',
    tokenHeaders: document.tokenHeaders ?? [],
    strip: document.strip ?? [],
    authenticate: authenticate && readAuthenticateDocument(entry, authenticate, context),
  };
}

function readValue(
  entry: string,
  part: Parameters<typeof staticValueProblem>[0],
  source: OperatorSourceDocument,
  context: Context,
): Secret {
  const setting = `${entry}: ${part}`;
  const value = operatorValue(setting, source, context);
  const problem = value && staticValueProblem(part, value);
  if (problem !== undefined) context.problems.add(setting, problem);
  return value ?? new Secret('');
}

function readScope(entry: string, source: OperatorSourceDocument | undefined, context: Context): string | undefined {
  if (source === undefined) return undefined;
  const scope = readValue(entry, 'scope', source, context).reveal();
  if (scope !== '' && !SCOPE.test(scope)) {
    context.problems.add(
      `${entry}: scope`,
      'is not a list of scopes with one space between two (RFC 6749 section 3.3)',
    );
  }
  return scope;
}

function readResources(entry: string, resources: readonly string[], problems: Problems): readonly string[] {
  for (const resource of resources.filter((each) => !URL.canParse(each) || each.includes('#'))) {
    problems.add(
      `${entry}: resources`,
      `${shown(resource)} is not an absolute URI without a fragment (RFC 8693 section 2.1); name it under audiences`,
    );
  }
  return resources;
}

function readParameters(
  setting: string,
  parameters: Readonly<Record<string, string>>,
  problems: Problems,
): ReadonlyMap<string, string> {
  const { resource, audience, ...others } = parameters;
  if (resource !== undefined || audience !== undefined) {
    problems.add(setting, 'holds resource or audience; name them under resources and audiences');
  }
  return readExtraParameters(setting, Object.entries(others), problems);
}

function readActorToken(setting: string, document: ActorTokenDocument, context: Context): ActorTokenConfiguration {
  const { type = ACCESS_TOKEN, header, prefix, cookie, file, environment, value } = document;
  const sources = [header, cookie, file, environment, value].filter((source) => source !== undefined);
  if (sources.length !== 1 || (prefix !== undefined && header === undefined)) {
    context.problems.add(
      setting,
      'needs exactly one of header (with prefix, perhaps), cookie, file, environment, value',
    );
  }
  if (header !== undefined || cookie !== undefined) {
    const place: TokenPlaceConfiguration = readPlace(document);
    return { type, source: { from: 'request', place } };
  }
  const token = operatorValue(setting, document, context);
  if (token !== undefined && !/^[!-~]+$/.test(token.reveal())) {
    context.problems.add(setting, 'is no token: it is empty, or holds white space or what is not ASCII');
  }
  return { type, source: { from: 'static', value: token ?? new Secret('') } };
}
