import { BrokerError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { askedFor } from './audit.ts';
import type { AuthenticateCaller, Caller } from './authenticate-caller.ts';
import { type Allow, type Decision, PASS } from './decision.ts';
import { type Freshness, freshnessAt } from './freshness.ts';
import { ageOf, type HeldToken } from './held-token.ts';
import { type IdentifiedAccount, type IdentifyAccount, usernameOf } from './identify-account.ts';
import { mapAccount } from './map-account.ts';
import type { HeldInFront, ObtainToken } from './obtain-token.ts';
import type { AnyTokenRequest, Clock, ServiceAccountTokenRequest } from './ports.ts';
import { readCredentials } from './read-credentials.ts';
import { readExchange } from './read-exchange.ts';
import type { RefusalFormat } from './refusal-format.ts';
import { refuse } from './refuse.ts';
import { refuseRevokedRequest, refuseRevokedSubject, refuseRevokedToken } from './revocation.ts';
import type { AccountExchange, DecideRoute, KeyInputs, Route, TokenAction } from './route.ts';
import { tokenKey } from './token-key.ts';

type AuthenticatedCaller = Extract<Caller, { kind: 'authenticated' }>;

export interface DecideDependencies {
  readonly authenticateCaller: AuthenticateCaller;
  readonly identifyAccount: IdentifyAccount;
  readonly obtainToken: ObtainToken;
  readonly clock: Clock;
  /** The key of {@link tokenKey}. */
  readonly storeKey: Buffer;
  /** False where the operator switched caching off: then no answer may be given twice. */
  readonly cacheable: boolean;
  readonly format: RefusalFormat;
}

/**
 * One decision. It never rejects: whatever goes wrong ends in a refusal.
 *
 * @param inFront what the filter says of the token it still has
 */
export type Decide = (route: Route, inputs: KeyInputs, inFront?: HeldInFront) => Promise<Decision>;

/** Where nobody has to say who they are. */
const ANYBODY: AuthenticatedCaller = {
  kind: 'authenticated',
  token: undefined,
  inject: new Map<string, Secret>(),
  state: new Map<string, Secret>(),
  lasts: Number.POSITIVE_INFINITY,
};

export function createDecide(dependencies: DecideDependencies): Decide {
  const { authenticateCaller, identifyAccount, obtainToken, clock, storeKey, cacheable, format } = dependencies;
  const answers = { remember: cacheable, format };

  async function decide(route: DecideRoute, inputs: KeyInputs, inFront: HeldInFront): Promise<Decision> {
    const { authentication, realm } = route;
    const caller = authentication === undefined ? ANYBODY : await authenticateCaller(authentication, inputs);
    switch (caller.kind) {
      case 'refused': {
        const { error, scope } = caller;
        const rememberAtMost = Math.floor(caller.rememberAtMost / 1000);
        return { ...refuse(error, { ...answers, rememberAtMost, scope, realm }), ...originOf(caller) };
      }
      case 'anonymous':
        // Never with a token of ours: it would be one that nobody in particular may use.
        return {
          ...PASS,
          unauthenticated: caller.code,
          freshness: freshnessFor(caller.lasts),
          ...originOf(caller),
        };
      case 'authenticated':
        return act(route, inputs, inFront, caller);
    }
  }

  async function act(
    route: DecideRoute,
    inputs: KeyInputs,
    inFront: HeldInFront,
    caller: AuthenticatedCaller,
  ): Promise<Decision> {
    const { action, realm, revocations } = route;
    try {
      if (caller.verified !== undefined) refuseRevokedToken(revocations, caller.verified.claims);
      if (action === undefined) return { ...passTo(caller), freshness: freshnessFor(caller.lasts) };
      return action.kind === 'kubernetes'
        ? await withAccount(route, action, inputs, inFront, caller)
        : await withToken(route, action, requestOf(action, inputs, caller), inFront, caller);
    } catch (error) {
      const scope = action?.kind === 'exchange' ? action.scope : undefined;
      return { ...refuse(error, { ...answers, scope, realm }), ...originOf(caller) };
    }
  }

  /** The caller is whom its own cluster says, besides whatever the route asks for. */
  async function withAccount(
    route: DecideRoute,
    action: AccountExchange,
    inputs: KeyInputs,
    inFront: HeldInFront,
    caller: AuthenticatedCaller,
  ): Promise<Decision> {
    const identified = await identifyAccount(action, inputs, inFront.held !== undefined);
    if (identified.kind === 'refused') {
      const { error, rememberAtMost = Number.POSITIVE_INFINITY } = identified;
      return { ...refuse(error, refusalOf(rememberAtMost, route.realm)), ...originOf(caller) };
    }
    const { verified, lasts } = identified.caller;
    const both = { ...caller, verified, lasts: Math.min(caller.lasts, lasts) };
    try {
      refuseRevokedToken(route.revocations, verified.claims);
      const request = accountRequest(action, identified.caller);
      const decision = await withToken(route, action, request, inFront, both);
      if (verified.expiresAt <= clock.now()) throw new BrokerError('subject_token_expired');
      return decision;
    } catch (error) {
      return { ...refuse(error, { ...answers, realm: route.realm }), ...originOf(both) };
    }
  }

  function refusalOf(rememberAtMost: number, realm: string) {
    return { ...answers, rememberAtMost: Math.floor(rememberAtMost / 1000), realm };
  }

  async function withToken(
    { realm, revocations }: DecideRoute,
    action: TokenAction,
    request: AnyTokenRequest,
    inFront: HeldInFront,
    caller: AuthenticatedCaller,
  ): Promise<Decision> {
    refuseRevokedRequest(revocations, request);
    const origin = { ...originOf(caller), asked: askedFor(request) };
    const begun = clock.monotonic();
    const obtained = await obtainToken(tokenKey(storeKey, request, action.issuerDigest), request, inFront);
    if (obtained.kind === 'refused') {
      const { error, rememberAtMost } = obtained;
      const { clientId } = request;
      return { ...refuse(error, { ...answers, clientId, rememberAtMost, realm }), ...origin };
    }
    // An opaque subject says who it is only now.
    if (action.kind === 'exchange') refuseRevokedSubject(revocations, obtained.held.token.accessToken);
    return { ...allow(action, obtained.held, caller, clock.monotonic() - begun), ...origin };
  }

  function requestOf(
    action: Exclude<TokenAction, AccountExchange>,
    inputs: KeyInputs,
    caller: AuthenticatedCaller,
  ): AnyTokenRequest {
    return action.kind === 'clientCredentials'
      ? { issuer: action.issuer, grant: 'client_credentials', ...readCredentials(action, inputs) }
      : readExchange(action, inputs, caller.token, clock.now());
  }

  /** @param spent ms since it was said who asks */
  function allow(action: TokenAction, held: HeldToken, caller: AuthenticatedCaller, spent: number): Allow {
    const inject = new Map(caller.inject);
    inject.set(action.authorizationHeader, new Secret(`Bearer ${held.token.accessToken.reveal()}`));
    for (const { field, header } of action.tokenHeaders) {
      const value = held.token.fields.get(field);
      if (value !== undefined && isHeaderValue(value.reveal())) {
        inject.set(header, value);
      }
    }
    return {
      ...PASS,
      inject,
      state: caller.state,
      tokenDigest: held.token.digest,
      freshness: cacheable ? freshnessAt(ageOf(held, clock), held.usable, caller.lasts - spent, held.dueAt) : undefined,
    };
  }

  function freshnessFor(lasts: number): Freshness | undefined {
    return cacheable ? freshnessAt(0, lasts) : undefined;
  }

  return async (route, inputs, inFront = {}) => {
    try {
      if (route.kind === 'pass') {
        return PASS;
      }
      if (route.kind === 'deny') {
        return refuse(new BrokerError(route.code), answers);
      }
      return await decide(route, inputs, inFront);
    } catch (error) {
      return refuse(error, answers);
    }
  };
}

/** @throws BrokerError service_account_unmapped */
function accountRequest(
  { issuer, audiences, expirationSeconds, accounts }: AccountExchange,
  { source, account: own, uid }: IdentifiedAccount,
): ServiceAccountTokenRequest {
  const account = mapAccount(accounts, { source, ...own });
  if (account === undefined) {
    const cause = new Error(`source ${source}: ${usernameOf(own)} becomes no account of ${issuer}`);
    throw new BrokerError('service_account_unmapped', { cause });
  }
  return {
    ...{ grant: 'kubernetes', issuer, account, audiences, expirationSeconds },
    clientId: usernameOf(account),
    clientSecret: undefined,
    scope: undefined,
    caller: { source, account: own, uid },
  };
}

function passTo(caller: AuthenticatedCaller): Allow {
  const { inject, state } = caller;
  return { ...PASS, inject, state, ...originOf(caller) };
}

function originOf(caller: Caller): Pick<Decision, 'caller' | 'workload'> {
  const { workload } = caller;
  return { caller: caller.kind === 'anonymous' ? undefined : caller.verified, workload };
}

/** DexTokenBroker leaves out a field that is empty or cannot be a header (RFC 9110 section 5.5). */
function isHeaderValue(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  return text !== '' && !/[\x00-\x1f\x7f]/.test(text);
}
