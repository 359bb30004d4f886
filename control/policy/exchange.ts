import type { IssuerConfiguration } from '../config/configuration.ts';
import type { ExchangeAction, ExchangeDefaults, ExchangeGrant } from '../config/exchange.ts';
import { DEFAULT_EXCHANGE } from '../config/issuer-settings.ts';
import type { RefusalFormat } from '../decide/refusal-format.ts';
import { type ActorSource, inputId, type TokenExchange, type TokenPlace } from '../decide/route.ts';
import { Secret } from '../secret.ts';
import type { CompiledCaller } from './caller-policy.ts';
import { type CompiledToken, refuseConflicts } from './client-credentials.ts';
import { type Material, staticMaterial } from './digests.ts';
import type { HeaderNames } from './header-names.ts';
import { inputRefusal } from './input-refusal.ts';
import type { Keys } from './keys.ts';
import { BEARER, compileTokenPlace } from './token-place.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

const GRANTS: Readonly<Record<ExchangeGrant, TokenExchange['grant']>> = {
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  jwtBearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  onBehalfOf: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
};

/**
 * @param caller who may use the entry
 * @param issuerDigest enters the route's digest, so that a change of the issuer empties the caches of its routes
 */
export function compileExchange(
  action: ExchangeAction,
  caller: CompiledCaller,
  issuer: IssuerConfiguration | undefined,
  issuerDigest: string,
  keys: Keys,
  format: RefusalFormat,
  names: HeaderNames,
): { compiled: CompiledToken; material: Material } {
  const client = clientOf(action, issuer);
  refuseMissingClient(client, issuer, names);
  const subjectToken = compileSubject(action, format, names);
  const actorToken = compileActor(action, format, names);
  const places = [subjectToken, actorToken?.from === 'input' ? actorToken.place : undefined].filter(isDefined);
  const inputs = [...caller.inputs, ...places.map(({ input }) => input)];
  names.refuseShared(inputs.map(inputId));
  const authorizationHeader = names.one('authorizationHeader', action.authorizationHeader);
  const tokenHeaders = action.tokenHeaders.map(({ field, header }) => ({
    field,
    header: names.one('tokenHeaders', header),
  }));
  refuseConflicts(action, caller, [authorizationHeader, ...tokenHeaders.map(({ header }) => header)], names);
  const { scope, resources, audiences, requestedTokenType, extraParameters, maximumDecisionAge } = action;
  const defaults = issuer?.exchange ?? DEFAULT_EXCHANGE;
  const grant = GRANTS[action.grant];
  const exchange: TokenExchange = {
    kind: 'exchange',
    issuer: action.issuer,
    issuerDigest,
    grant,
    grantType: (action.grant === 'tokenExchange' ? defaults.grantType : undefined) ?? grant,
    onBehalfOf: action.grant === 'onBehalfOf',
    subjectTokenType: action.subjectTokenType ?? defaults.subjectTokenType,
    issuedTokenType: issuedTokenType(action, defaults),
    clientId: client.id?.reveal() ?? '',
    clientSecret: client.secret,
    ...{ scope, resources, audiences, subjectToken, requestedTokenType },
    actorToken,
    actorTokenType: action.actorToken?.type,
    ...{ extraParameters, maximumDecisionAge, authorizationHeader, tokenHeaders },
  };
  const headers = places.filter(({ input }) => input.source === 'header');
  const cookies = places.filter(({ input }) => input.source === 'cookie');
  return {
    compiled: {
      kind: 'decide',
      inputs,
      // What was exchanged is spent. A token's field may be absent: then the client's own header must not stand in.
      strip: names.list('strip', [
        ...caller.strip,
        ...headers.map(({ input }) => input.name),
        ...tokenHeaders.map(({ header }) => header),
        ...action.strip,
      ]),
      stripCookies: [...caller.stripCookies, ...cookies.map(({ input }) => input.name)],
      authentication: caller.policy,
      action: exchange,
    },
    material: [exchangeMaterial(exchange, keys), caller.material],
  };
}

/** An assertion's answer is that of RFC 6749, without `issued_token_type`. */
function issuedTokenType(
  { grant, requestedTokenType }: ExchangeAction,
  { issuedTokenType: expected, checksIssuedTokenType }: ExchangeDefaults,
): string | undefined {
  if (grant !== 'tokenExchange' || !checksIssuedTokenType) return undefined;
  return requestedTokenType ?? expected ?? ACCESS_TOKEN;
}

interface Client {
  readonly id: Secret | undefined;
  readonly secret: Secret | undefined;
}

/** The entry's own client, or the issuer's; never the id of one with the secret of the other. */
function clientOf({ clientId, clientSecret }: ExchangeAction, issuer: IssuerConfiguration | undefined): Client {
  return clientId === undefined
    ? { id: issuer?.client?.id, secret: issuer?.client?.secret }
    : { id: clientId, secret: clientSecret };
}

function refuseMissingClient({ id, secret }: Client, issuer: IssuerConfiguration | undefined, names: HeaderNames) {
  if (issuer !== undefined && id === undefined) {
    names.problem(`names no client, and its issuer ${issuer.name} has none either; set the issuer's client`);
  } else if (secret === undefined && issuer?.clientAuthentication.method.startsWith('client_secret_')) {
    names.problem(
      `needs clientSecret, because its issuer's clientAuthentication.method is ${issuer.clientAuthentication.method}`,
    );
  }
}

/** Undefined: what authentication has verified, unless it reads no token or the entry names another place. */
function compileSubject(
  { subjectToken, authenticate }: ExchangeAction,
  format: RefusalFormat,
  names: HeaderNames,
): TokenPlace | undefined {
  const verifies = authenticate !== undefined && authenticate.providers.length > 0;
  if (subjectToken === undefined && verifies) return undefined;
  return compileTokenPlace(
    'subjectToken',
    subjectToken ?? BEARER,
    inputRefusal('subject_token_invalid', format),
    names,
  );
}

function compileActor(
  { actorToken }: ExchangeAction,
  format: RefusalFormat,
  names: HeaderNames,
): ActorSource | undefined {
  if (actorToken === undefined) return undefined;
  const { source } = actorToken;
  return source.from === 'static'
    ? { from: 'static', value: source.value }
    : {
        from: 'input',
        place: compileTokenPlace('actorToken', source.place, inputRefusal('actor_token_invalid', format), names),
      };
}

/** Values of the operator's may be secret. */
function exchangeMaterial(exchange: TokenExchange, keys: Keys): Material {
  const { clientId, clientSecret, actorToken, extraParameters, ...rest } = exchange;
  const actor =
    actorToken?.from === 'static' ? staticMaterial(keys, actorToken.value) : JSON.stringify(actorToken ?? null);
  return [
    clientId,
    clientSecret === undefined ? null : staticMaterial(keys, clientSecret),
    actor,
    staticMaterial(keys, new Secret(JSON.stringify([...extraParameters]))),
    JSON.stringify(rest),
  ];
}

function isDefined<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
