import { BrokerError, type ErrorCode } from '../errors.ts';
import { Secret } from '../secret.ts';
import { readClaim } from './claim-path.ts';
import { claimHolds, elementsOf } from './claim-rule.ts';
import { claimText } from './claim-text.ts';
import { CLOCK_GRAIN } from './freshness.ts';
import type { Authentication, Authenticator, Clock, VerifiedToken } from './ports.ts';
import { readCallerToken } from './read-token.ts';
import { type CallerPolicy, inputId, type KeyInputs } from './route.ts';
import { readWorkload } from './workload.ts';

/** What is known of the caller of a request. */
export type Caller = (
  | {
      readonly kind: 'authenticated';
      /** Undefined where nothing of the caller's was verified here. */
      readonly verified?: VerifiedToken | undefined;
      /** What the caller was known by; undefined where that was no token of the caller's. */
      readonly token: Secret | undefined;
      /** Headers for the backend, and strings for later filters. */
      readonly inject: ReadonlyMap<string, Secret>;
      readonly state: ReadonlyMap<string, Secret>;
      /** ms for which this may be believed. */
      readonly lasts: number;
    }
  | { readonly kind: 'anonymous'; readonly code: ErrorCode; readonly lasts: number }
  | CallerRefusal
) & {
  /** The SPIFFE ID of the client's certificate; undefined where the policy asks for none. */
  readonly workload?: string | undefined;
};

export interface CallerRefusal {
  readonly kind: 'refused';
  /** Where the token is good, and not good enough. */
  readonly verified?: VerifiedToken | undefined;
  readonly error: BrokerError;
  /** ms for which the refusal stays true at most. */
  readonly rememberAtMost: number;
  /** The scopes that the token would need, space separated. */
  readonly scope: string | undefined;
}

const NOTHING: ReadonlyMap<string, Secret> = new Map();

/** Says who asks, by the route's policy. A bug in it rejects. */
export type AuthenticateCaller = (policy: CallerPolicy, inputs: KeyInputs) => Promise<Caller>;

export function createAuthenticateCaller(authenticator: Authenticator, clock: Clock): AuthenticateCaller {
  async function verify(policy: CallerPolicy, inputs: KeyInputs): Promise<Caller> {
    const workload = readWorkload(policy, inputs);
    const caller = await verifyToken(policy, inputs);
    return workload === undefined ? caller : { ...caller, workload };
  }

  async function verifyToken(policy: CallerPolicy, inputs: KeyInputs): Promise<Caller> {
    const failing = policy.envoyClaims.find(({ input, rule }) => !claimHolds(rule, textOf(inputs, inputId(input))));
    if (failing !== undefined)
      return refuseClaim(failing.rule.claim, (inputs.get(inputId(failing.input)) ?? []).length > 0);
    const lasts = policy.maximumDecisionAge;
    if (policy.providers.length === 0) {
      return { kind: 'authenticated', token: undefined, inject: NOTHING, state: NOTHING, lasts };
    }
    const token = readCallerToken(policy.places, inputs);
    if (token === undefined) return refused(new BrokerError('jwt_missing'));
    return judge(policy, token, await authenticator.authenticate(policy.providers, token));
  }

  function judge(policy: CallerPolicy, token: Secret, authentication: Authentication): Caller {
    if (authentication.kind === 'refused') return { ...authentication, scope: undefined };
    const { token: verified } = authentication;
    const missing = policy.requiredScopes.filter((scope) => !scopesOf(verified).includes(scope));
    if (missing.length > 0) {
      const cause = new Error(`provider ${verified.provider}: the token lacks ${missing.join(' ')}`);
      const refusal = refused(new BrokerError('jwt_insufficient_scope', { cause }), policy.requiredScopes.join(' '));
      return { ...refusal, verified };
    }
    return {
      kind: 'authenticated',
      token,
      verified,
      inject: headersOf(policy, token, verified),
      state: stateOf(policy, verified),
      lasts: Math.min(verified.expiresAt - clock.now() - CLOCK_GRAIN, policy.maximumDecisionAge),
    };
  }

  return async (policy, inputs) => {
    const caller = await verify(policy, inputs).catch((error: unknown) => {
      if (error instanceof BrokerError) return refused(error);
      throw error;
    });
    return caller.kind === 'refused' && mayPass(policy, caller.error.code) ? anonymous(policy, caller) : caller;
  };
}

function mayPass({ unauthenticated }: CallerPolicy, code: ErrorCode): boolean {
  if (code === 'jwt_missing') return unauthenticated !== 'refuse';
  return unauthenticated === 'allowMissingOrFailed' && code.startsWith('jwt_');
}

function anonymous(policy: CallerPolicy, { error, rememberAtMost }: CallerRefusal): Caller {
  return { kind: 'anonymous', code: error.code, lasts: Math.min(rememberAtMost, policy.maximumDecisionAge) };
}

function refused(error: BrokerError, scope?: string): CallerRefusal {
  return { kind: 'refused', error, rememberAtMost: Number.POSITIVE_INFINITY, scope };
}

/** A claim that is not there: nobody was authenticated in front of the filter. */
function refuseClaim(claim: string, present: boolean): CallerRefusal {
  const cause = new Error(present ? `${claim}: the rule does not hold` : `there is no verified claim ${claim}`);
  return refused(new BrokerError(present ? 'jwt_claim_refused' : 'jwt_missing', { cause }));
}

function textOf(inputs: KeyInputs, id: string): string | undefined {
  const values = inputs.get(id) ?? [];
  return values.length === 1 ? values[0]?.toString('utf8') : undefined;
}

/** RFC 8693 section 4.2 has `scope`, a text; `scp` is what others call it, a text or an array. */
function scopesOf({ claims }: VerifiedToken): readonly unknown[] {
  return [claims.scope, claims.scp].flatMap(elementsOf);
}

function headersOf(policy: CallerPolicy, token: Secret, verified: VerifiedToken): ReadonlyMap<string, Secret> {
  const headers = new Map<string, Secret>();
  if (policy.forwardAs !== undefined) headers.set(policy.forwardAs, token);
  if (policy.payloadHeader !== undefined) headers.set(policy.payloadHeader, new Secret(verified.payload));
  for (const { claim, header, format } of policy.claimToHeaders) {
    const text = claimText(readClaim(verified.claims, claim), format);
    if (text !== undefined) headers.set(header, new Secret(text));
  }
  return headers;
}

function stateOf(policy: CallerPolicy, { claims }: VerifiedToken): ReadonlyMap<string, Secret> {
  const state = new Map<string, Secret>();
  const json = claimText(claims, 'json');
  if (policy.payloadState !== undefined && json !== undefined) state.set(policy.payloadState, new Secret(json));
  for (const { claim, name, format } of policy.claimToState) {
    const text = claimText(readClaim(claims, claim), format);
    if (text !== undefined) state.set(name, new Secret(text));
  }
  return state;
}
