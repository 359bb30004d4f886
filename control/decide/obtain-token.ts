import { BrokerError, type ErrorCode, type IssuerEvidence } from '../errors.ts';
import { usableLifetime } from './freshness.ts';
import { ageOf, deadlineOf, type HeldToken } from './held-token.ts';
import type { AnyTokenRequest, Clock, SingleFlight, Store, Token } from './ports.ts';
import { isIssuersRefusal, REFUSAL_LIFETIME } from './refuse.ts';
import { clampToSubject } from './subject-lifetime.ts';
import type { TokenEvents } from './token-events.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

/** ms between two attempts to have another token in the place of one that is still held. */
const RENEWAL_SPACING = 2000;

/** ms by which a cache may come too early to refresh, because its max-age is in whole seconds. */
const ROUNDING = 1000;

/** A refusal of credentials by the issuer, believed until either clock, in ms, reaches its end. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly issuer: IssuerEvidence | undefined;
  readonly until: number;
  readonly untilMonotonic: number;
}

export interface ObtainTokenDependencies {
  readonly minter: { mint(request: AnyTokenRequest): Promise<Token> };
  readonly tokens: Store<HeldToken>;
  /** Apart from the tokens, so that no flood of wrong secrets ever evicts one. */
  readonly refusals: Store<Refusal>;
  readonly flights: SingleFlight<HeldToken>;
  readonly clock: Clock;
  /** ms, see {@link usableLifetime}. */
  readonly safetyMargin: number;
  readonly events: TokenEvents;
  readonly tracing?: Pick<Tracing, 'behind'>;
}

export type Obtained =
  | { readonly kind: 'token'; readonly held: HeldToken }
  | { readonly kind: 'refused'; readonly error: unknown; readonly rememberAtMost?: number };

/** What a cache in front of us says of the token it still has: the digest, under what became of it. */
export interface HeldInFront {
  /** The backend refused it. */
  readonly rejected?: string | undefined;
  /** It is past its max-age, and nobody waits for the next. */
  readonly held?: string | undefined;
}

export type ObtainToken = (key: string, request: AnyTokenRequest, inFront?: HeldInFront) => Promise<Obtained>;

/**
 * Composes store, single flight and minter: gives a good token from the store, has it refreshed behind the request once
 * most of its life is over, and asks the issuer otherwise. The functions it returns never reject.
 */
export function createObtainToken(dependencies: ObtainTokenDependencies): ObtainToken {
  const { minter, tokens, refusals, flights, clock, safetyMargin, events, tracing = NO_TRACING } = dependencies;

  async function mint(key: string, request: AnyTokenRequest, renewalTriedAt?: number): Promise<HeldToken> {
    const obtainedAtMonotonic = clock.monotonic();
    const token = await minter.mint(request);
    const life = clampToSubject(request, token, usableLifetime(token.lifetime, safetyMargin));
    const held = { token, usable: life.usable, dueAt: life.dueAt, obtainedAtMonotonic, renewalTriedAt };
    if (ageOf(held, clock) >= held.usable) {
      throw new BrokerError(life.endedBy, { cause: new Error('it had expired when the token arrived') });
    }
    await tokens.set(key, held, deadlineOf(held));
    return held;
  }

  /**
   * Asks for another token in the place of a held one, which stays until there is one.
   *
   * @param mintAgain is not called when another run is under way, or has just ended
   */
  function renew(
    key: string,
    held: HeldToken,
    mintAgain: (renewalTriedAt: number) => Promise<HeldToken>,
  ): Promise<HeldToken> {
    return flights.run(key, async () => {
      const current = await tokens.get(key);
      if (current !== undefined && current.token.digest !== held.token.digest) {
        return current;
      }
      if (current === undefined) await throwBelieved(key);
      // Noted before the attempt: one that fails or hangs must not be repeated by each request that follows. Noted on
      // its outcome too: a backend that refuses every token must not have a new one minted for each of its refusals.
      const renewalTriedAt = clock.monotonic();
      await tokens.set(key, { ...held, renewalTriedAt }, deadlineOf(held));
      return mintAgain(renewalTriedAt);
    });
  }

  function refreshBehind(key: string, request: AnyTokenRequest, held: HeldToken): void {
    const refresh = async (renewalTriedAt: number) => {
      try {
        const refreshed = await mint(key, request, renewalTriedAt);
        events.refreshed(request.issuer, undefined);
        return refreshed;
      } catch (error) {
        events.refreshed(request.issuer, asBrokerError(error));
        throw error;
      }
    };
    // Nobody waits for it, and the held token stays when it fails.
    renew(key, held, refresh).catch(() => {});
  }

  /** Waits for the token in the place of a held one; gives that again when there is none to be had. */
  async function refresh(key: string, request: AnyTokenRequest, held: HeldToken): Promise<Obtained> {
    if (mayRenew(held)) {
      refreshBehind(key, request, held);
    }
    try {
      return { kind: 'token', held: (await flights.find(key)) ?? held };
    } catch (error) {
      return isUsable(held) ? { kind: 'token', held } : { kind: 'refused', error };
    }
  }

  async function replace(key: string, request: AnyTokenRequest, held: HeldToken): Promise<Obtained> {
    const mintOrGiveUp = (renewalTriedAt: number) =>
      mint(key, request, renewalTriedAt).catch((error: unknown) => giveUp(key, held, error));
    try {
      return { kind: 'token', held: await renew(key, held, mintOrGiveUp) };
    } catch (error) {
      // It may have been a refresh that was under way.
      await giveUp(key, held, error).catch(() => {});
      return refusedBy(error);
    }
  }

  /** @throws error */
  async function giveUp(key: string, held: HeldToken, error: unknown): Promise<never> {
    if (isRefusal(error) && !(error instanceof BelievedRefusal)) {
      // The backend and the issuer agree that this client is no longer welcome.
      const current = await tokens.get(key);
      if (current?.token.digest === held.token.digest) await tokens.delete(key);
      await remember(key, error);
    }
    throw error;
  }

  /** Within a run, so that those who wait for their turn know it when it comes. @throws error */
  async function rememberRefusal(key: string, error: unknown): Promise<never> {
    if (isRefusal(error)) await remember(key, error);
    throw error;
  }

  async function remember(key: string, { code, issuer }: BrokerError): Promise<void> {
    const lifetime = REFUSAL_LIFETIME * 1000;
    const until = clock.now() + lifetime;
    const refusal = { code, issuer, until, untilMonotonic: clock.monotonic() + lifetime };
    await refusals.set(key, refusal, until);
  }

  async function miss(key: string, request: AnyTokenRequest): Promise<Obtained> {
    try {
      const held = await flights.run(key, async () => {
        const current = await tokens.get(key);
        if (current !== undefined && isUsable(current)) return current;
        await throwBelieved(key);
        return mint(key, request).catch((error: unknown) => rememberRefusal(key, error));
      });
      return { kind: 'token', held };
    } catch (error) {
      return refusedBy(error);
    }
  }

  /** What is believed of the credentials; undefined when the issuer is to be asked. */
  async function believed(key: string): Promise<BelievedRefusal | undefined> {
    const refusal = await refusals.get(key);
    const left = refusal === undefined ? 0 : remaining(refusal);
    return refusal === undefined || left <= 0 ? undefined : new BelievedRefusal(refusal, left);
  }

  /** @throws BelievedRefusal when there is one */
  async function throwBelieved(key: string): Promise<void> {
    const refusal = await believed(key);
    if (refusal !== undefined) throw refusal;
  }

  function isUsable(held: HeldToken): boolean {
    return ageOf(held, clock) < held.usable;
  }

  function mayRenew(held: HeldToken): boolean {
    return held.renewalTriedAt === undefined || clock.monotonic() - held.renewalTriedAt >= RENEWAL_SPACING;
  }

  function remaining({ until, untilMonotonic }: Refusal): number {
    return Math.min(until - clock.now(), untilMonotonic - clock.monotonic());
  }

  /** What a good token in the store leads to. */
  async function serve(
    key: string,
    request: AnyTokenRequest,
    held: HeldToken,
    inFront: HeldInFront,
  ): Promise<Obtained> {
    if (held.token.digest === inFront.rejected && mayRenew(held)) {
      events.lookedUp('replace');
      return replace(key, request, held);
    }
    const isWaitedFor = held.token.digest !== inFront.held;
    const due = ageOf(held, clock) >= held.dueAt - (isWaitedFor ? 0 : ROUNDING);
    events.lookedUp(due ? 'refresh' : 'hit');
    if (due && !isWaitedFor) {
      return refresh(key, request, held);
    }
    if (due && mayRenew(held)) {
      tracing.behind(() => refreshBehind(key, request, held));
    }
    return { kind: 'token', held };
  }

  async function obtain(key: string, request: AnyTokenRequest, inFront: HeldInFront): Promise<Obtained> {
    // A backend refuses what another replica has replaced already, as a rule.
    const held = await tokens.get(key, inFront.rejected !== undefined);
    if (held !== undefined && isUsable(held)) {
      return serve(key, request, held, inFront);
    }
    const refusal = await believed(key);
    if (refusal !== undefined) {
      events.lookedUp('refused');
      return refusedBy(refusal);
    }
    events.lookedUp('miss');
    return miss(key, request);
  }

  return (key, request, inFront = {}) =>
    obtain(key, request, inFront).catch((error: unknown) => ({ kind: 'refused', error }));
}

/** A refusal that was said before. */
class BelievedRefusal extends BrokerError {
  /** Whole seconds. */
  readonly rememberAtMost: number;

  /** @param left ms for which it is believed */
  constructor({ code, issuer }: Refusal, left: number) {
    super(code, { issuer });
    this.rememberAtMost = Math.floor(left / 1000);
  }
}

function refusedBy(error: unknown): Obtained {
  return error instanceof BelievedRefusal
    ? { kind: 'refused', error, rememberAtMost: error.rememberAtMost }
    : { kind: 'refused', error };
}

function isRefusal(error: unknown): error is BrokerError {
  return error instanceof BrokerError && isIssuersRefusal(error.code);
}

function asBrokerError(error: unknown): BrokerError {
  return error instanceof BrokerError ? error : new BrokerError('internal', { cause: error });
}
