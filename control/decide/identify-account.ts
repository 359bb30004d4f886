import { BrokerError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { CLOCK_GRAIN } from './freshness.ts';
import { isObjectName, type ObjectName } from './object-name.ts';
import type { Authenticator, Clock, ServiceAccounts, VerifiedToken } from './ports.ts';
import { readCallerToken } from './read-token.ts';
import type { ReviewCaller } from './review-caller.ts';
import { readUnverifiedClaims } from './revocation.ts';
import type { AccountExchange, AccountSource, KeyInputs } from './route.ts';
import { digestFields } from './token-key.ts';

/** The service account that a request comes from. */
export interface IdentifiedAccount {
  readonly source: string;
  readonly account: ObjectName;
  readonly uid: string;
  readonly verified: VerifiedToken;
  /** ms for which this may be believed. */
  readonly lasts: number;
}

export type Identified =
  | { readonly kind: 'identified'; readonly caller: IdentifiedAccount }
  | { readonly kind: 'refused'; readonly error: unknown; readonly rememberAtMost?: number };

/**
 * Says which service account a request comes from. It never rejects.
 *
 * @param behind nobody waits for the answer: a cache refreshes what it still has
 */
export type IdentifyAccount = (action: AccountExchange, inputs: KeyInputs, behind: boolean) => Promise<Identified>;

export interface IdentifyDependencies {
  readonly accounts: Pick<ServiceAccounts, 'review'>;
  readonly reviewCaller: ReviewCaller;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  /** Keys what reviews are remembered by. */
  readonly storeKey: Buffer;
}

type Claims = Readonly<Record<string, unknown>>;

const INVALID = { malformed: 'subject_token_invalid', tooLarge: 'subject_token_invalid' } as const;

export function createIdentifyAccount(dependencies: IdentifyDependencies): IdentifyAccount {
  const { accounts, reviewCaller, authenticator, clock, storeKey } = dependencies;

  async function identify(action: AccountExchange, inputs: KeyInputs, behind: boolean): Promise<Identified> {
    const token = readCallerToken([action.subjectToken], inputs, INVALID);
    if (token === undefined) throw new BrokerError('bearer_token_required');
    const claims = readUnverifiedClaims(token);
    const source = findSource(action.sources, claims);
    return source.kind === 'keys'
      ? await byKeys(source, token, action.maximumDecisionAge)
      : { kind: 'identified', caller: await byReview(source, token, claims ?? {}, action.maximumDecisionAge, behind) };
  }

  async function byReview(
    source: AccountSource,
    token: Secret,
    claims: Claims,
    maximumAge: number,
    behind: boolean,
  ): Promise<IdentifiedAccount> {
    const { name, audiences, digest } = source;
    const expiresAt = expiryIn(claims);
    // What has expired by our clock could not be given out in any case.
    if (expiresAt <= clock.now()) throw new BrokerError('subject_token_expired');
    const { user, lasts } = await reviewCaller({
      key: digestFields(storeKey, ['review', name, digest, token.reveal(), ...audiences]),
      maximumAge,
      behind,
      ask: () => accounts.review(name, token, audiences),
    });
    const { account, uid } = user;
    if (account === undefined) throw noAccount(name);
    const verified = { provider: name, claims: { ...claims, sub: usernameOf(account) }, payload: '', expiresAt };
    return { source: name, account, uid, verified, lasts: Math.min(lasts, expiresAt - clock.now() - CLOCK_GRAIN) };
  }

  async function byKeys({ name }: AccountSource, token: Secret, maximumAge: number): Promise<Identified> {
    const authentication = await authenticator.authenticate([name], token);
    if (authentication.kind === 'refused') return authentication;
    const { token: verified } = authentication;
    const found = accountIn(verified.claims);
    if (found === undefined) throw noAccount(name);
    const lasts = Math.min(maximumAge, verified.expiresAt - clock.now()) - CLOCK_GRAIN;
    return { kind: 'identified', caller: { source: name, ...found, verified, lasts } };
  }

  return (action, inputs, behind) =>
    identify(action, inputs, behind).catch((error: unknown) => ({ kind: 'refused', error }));
}

/** The user name of a service account. */
export function usernameOf({ namespace, name }: ObjectName): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** A token is shown to nobody but to whom its issuer belongs. */
function findSource(sources: readonly AccountSource[], claims: Claims | undefined): AccountSource {
  const [only] = sources;
  if (sources.length === 1 && only?.issuers.length === 0) return only;
  const { iss } = claims ?? {};
  const source = typeof iss === 'string' ? sources.find(({ issuers }) => issuers.includes(iss)) : undefined;
  if (source !== undefined) return source;
  const shown = typeof iss === 'string' ? JSON.stringify(iss.slice(0, 100)) : 'absent';
  throw new BrokerError('subject_token_rejected', { cause: new Error(`iss is ${shown}, and of no source`) });
}

/** Wall clock, ms: `exp`; infinite for a token that does not say, which the maximum age bounds. */
function expiryIn({ exp }: Claims): number {
  return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : Number.POSITIVE_INFINITY;
}

/** The claims of a projected token (KEP-1205), which must agree with its subject. */
function accountIn({ sub, 'kubernetes.io': bound }: Claims): { account: ObjectName; uid: string } | undefined {
  const { namespace, serviceaccount } = members(bound);
  const { name, uid } = members(serviceaccount);
  if (typeof namespace !== 'string' || typeof name !== 'string') return undefined;
  const account = { namespace, name };
  if (!isObjectName(account) || sub !== usernameOf(account)) return undefined;
  return { account, uid: typeof uid === 'string' ? uid : '' };
}

function members(value: unknown): Claims {
  return typeof value === 'object' && value !== null ? (value as Claims) : {};
}

function noAccount(source: string): BrokerError {
  const cause = new Error(`source ${source}: the token is not one of a service account`);
  return new BrokerError('service_account_unmapped', { cause });
}
