import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, errors as joseErrors, jwtVerify } from 'jose';
import type Provider from 'oidc-provider';
import { type Context, errors } from 'oidc-provider';

/** RFC 8693 section 2.1. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** RFC 7523 section 2.1. */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

const PARAMETERS = [
  ...['subject_token', 'subject_token_type', 'actor_token', 'actor_token_type'],
  ...['requested_token_type', 'resource', 'audience', 'scope'],
];

const ASSERTION_PARAMETERS = ['assertion', 'requested_token_use', 'resource', 'audience', 'scope'];

export interface TokenExchangeOptions {
  /** The server's own public keys: it accepts no tokens but those that it signed. */
  readonly keys: JSONWebKeySet;
  /** Whom it issues tokens for, by `audience` or `resource`; the first is meant where a request names none. */
  readonly audiences: readonly string[];
  /** Seconds; asked anew for each token. */
  readonly tokenLifetime: () => number;
}

/** Adds token exchange (RFC 8693) and assertions (RFC 7523) to a provider: JWTs of its own for JWTs of its own. */
export function registerTokenExchange(provider: Provider, options: TokenExchangeOptions): void {
  const keys = createLocalJWKSet(options.keys);

  async function verify(token: string): Promise<JWTPayload> {
    try {
      return (await jwtVerify(token, keys, { issuer: provider.issuer })).payload;
    } catch (error) {
      throw new errors.InvalidGrant(error instanceof joseErrors.JWTExpired ? 'token has expired' : 'token is invalid');
    }
  }

  function targetsOf({ resource = [], audience = [] }: Parameters): readonly string[] {
    const targets = [resource, audience].flat();
    if (targets.some((target) => !options.audiences.includes(target))) throw new errors.InvalidTarget();
    return targets.length > 0 ? targets : options.audiences.slice(0, 1);
  }

  async function exchange(context: Context): Promise<void> {
    const parameters = context.oidc?.params ?? {};
    const issuedType = readType(parameters.requested_token_type);
    const subject = await verify(required(parameters, 'subject_token'));
    const actor = parameters.actor_token === undefined ? undefined : await verify(required(parameters, 'actor_token'));
    await issue(context, subject, actor, { issued_token_type: issuedType });
  }

  /** RFC 7523 section 2.1. */
  async function grantForAssertion(context: Context): Promise<void> {
    const { assertion, requested_token_use: use } = context.oidc?.params ?? {};
    if (assertion === undefined) throw new errors.InvalidRequest('assertion is missing');
    if (use !== undefined && use !== 'on_behalf_of') throw new errors.InvalidRequest('requested_token_use is unknown');
    await issue(context, await verify(assertion), undefined, {});
  }

  async function issue(
    context: Context,
    subject: JWTPayload,
    actor: JWTPayload | undefined,
    more: object,
  ): Promise<void> {
    const parameters = context.oidc?.params ?? {};
    const client = context.oidc?.client;
    const targets = targetsOf(parameters);
    const [audience = ''] = targets;
    const token = new provider.ClientCredentials({ client, scope: narrow(parameters.scope, client?.scope, subject) });
    token.resourceServer = {
      audience,
      scope: client?.scope ?? '',
      accessTokenTTL: options.tokenLifetime(),
      accessTokenFormat: 'jwt',
    };
    claims.set(token, { sub: subject.sub, act: actOf(subject, actor), aud: targets.length > 1 ? targets : audience });
    const value = await token.save();
    context.body = {
      access_token: value,
      ...more,
      token_type: token.tokenType,
      expires_in: token.expiration,
      ...(token.scope === undefined ? {} : { scope: token.scope }),
    };
  }

  provider.registerGrantType(TOKEN_EXCHANGE, exchange, PARAMETERS, ['resource', 'audience']);
  provider.registerGrantType(JWT_BEARER, grantForAssertion, ASSERTION_PARAMETERS, ['resource', 'audience']);
}

const claims = new WeakMap<object, object>();

/** What the payload of an exchanged token says otherwise than that of a token a client got for itself. */
export function exchangedClaims(token: object): object {
  return claims.get(token) ?? {};
}

type Parameters = NonNullable<NonNullable<Context['oidc']>['params']>;

/** RFC 8693 section 4.1: who acts now, and who acted before. */
function actOf(subject: JWTPayload, actor: JWTPayload | undefined): unknown {
  if (actor === undefined) return subject.act;
  return subject.act === undefined ? { sub: actor.sub } : { sub: actor.sub, act: subject.act };
}

function required(parameters: Parameters, name: 'subject_token' | 'actor_token'): string {
  const token = parameters[name];
  const type = parameters[`${name}_type`];
  if (token === undefined || type === undefined) throw new errors.InvalidRequest(`${name} or its type is missing`);
  if (type !== ACCESS_TOKEN && type !== JWT) throw new errors.InvalidRequest(`${name}_type is not supported`);
  return token;
}

function readType(requested: string | undefined): string {
  if (requested === undefined) return ACCESS_TOKEN;
  if (requested !== ACCESS_TOKEN && requested !== JWT) {
    throw new errors.InvalidRequest('requested_token_type is not supported');
  }
  return requested;
}

/** A scope may become narrower, and never wider than what both the client and the subject have. */
function narrow(asked: string | undefined, allowed: string | undefined, subject: JWTPayload): string | undefined {
  const held = String(subject.scope ?? '').split(' ');
  const granted = (allowed ?? '').split(' ').filter((scope) => scope !== '' && held.includes(scope));
  const wanted = asked?.split(' ') ?? granted;
  const refused = wanted.find((scope) => !granted.includes(scope));
  if (refused !== undefined) throw new errors.InvalidScope('requested scope is not allowed', refused);
  return wanted.join(' ') || undefined;
}
