import type { IssuerConfiguration } from '../../config/configuration.ts';
import type { Clock, TokenRequest } from '../../decide/ports.ts';
import { BrokerError } from '../../errors.ts';
import type { Answer } from '../answer.ts';
import { MAXIMUM_RETRY_AFTER } from '../refusal.ts';
import { Capacity } from './capacity.ts';
import { type BreakerState, CircuitBreaker, type Health } from './circuit-breaker.ts';
import { ProvenCredentials } from './proven-credentials.ts';
import { type Standing, type Waiter, WaitingRoom } from './waiting-room.ts';

/** Requests that may wait, for each that may be under way. */
const WAITING_PER_PLACE = 8;

/** Seconds that a caller turned away for want of room is told to wait at most. */
const MAXIMUM_BUSY_WAIT = 30;

export interface BudgetOptions {
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly onBreakerChange: (standing: Standing, state: BreakerState) => void;
}

/**
 * What one issuer may be asked for: bounded concurrency, a rate with a burst, and a breaker. Requests beyond it wait for
 * at most the issuer's timeout, in a bounded room, clients in turn.
 *
 * Credentials that the issuer has accepted before have a part of it to themselves and a breaker of their own. So neither
 * a flood of wrong secrets nor one that makes the issuer answer 429 or 500 keeps working clients from their next token.
 */
export class Budget {
  readonly #issuer: IssuerConfiguration;
  readonly #capacity: Capacity;
  readonly #room: WaitingRoom;
  readonly #breakers: Readonly<Record<Standing, CircuitBreaker>>;
  readonly #proven = new ProvenCredentials();
  #wakeUp: NodeJS.Timeout | undefined;

  constructor(issuer: IssuerConfiguration, options: BudgetOptions) {
    this.#issuer = issuer;
    this.#capacity = new Capacity(issuer.budget, options.clock);
    this.#room = new WaitingRoom(issuer.budget.concurrency * WAITING_PER_PLACE);
    const breaker = (standing: Standing) =>
      new CircuitBreaker({
        failures: issuer.budget.breakerFailures,
        open: issuer.budget.breakerOpen,
        clock: options.clock,
        random: options.random,
        onChange: (state) => options.onBreakerChange(standing, state),
      });
    this.#breakers = { known: breaker('known'), unknown: breaker('unknown') };
  }

  /** Requests under way, and requests that wait. */
  get load(): { readonly underWay: number; readonly waiting: number } {
    return { underWay: this.#capacity.underWay, waiting: this.#room.size };
  }

  /**
   * Sends a token request when its turn has come.
   *
   * @throws BrokerError issuer_busy or issuer_unavailable without sending; otherwise whatever `send` throws
   */
  async run(request: TokenRequest, send: () => Promise<Answer>): Promise<Answer> {
    const standing = this.#proven.has(request) ? 'known' : 'unknown';
    // The breaker is entered in the same turn as the place is taken: nobody else may come in between.
    const ticket = await this.#turn(request.clientId, standing);
    const breaker = this.#breakers[standing];
    let health: Health = 'unknown';
    let pause = 0;
    try {
      const answer = await send();
      health = answer.status >= 500 || answer.status === 429 ? 'ill' : 'well';
      if (health === 'ill') pause = Math.min(answer.retryAfter ?? 0, MAXIMUM_RETRY_AFTER);
      return answer;
    } catch (error) {
      if (error instanceof BrokerError) health = healthOf(error);
      throw error;
    } finally {
      breaker.leave(ticket, health, pause);
      this.#capacity.end(standing);
      if (breaker.blockedFor > 0) this.#turnAway(standing);
      this.#advance();
    }
  }

  /** Tells whether the issuer gave a token for these credentials. */
  learn(request: TokenRequest, accepted: boolean): void {
    if (accepted) this.#proven.add(request);
    else this.#proven.delete(request);
  }

  #turn(lane: string, standing: Standing): Promise<number> {
    if (this.#breakers[standing].blockedFor > 0) return Promise.reject(this.#unavailable(standing));
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const waiter: Waiter = {
      lane,
      standing,
      admit: () => {
        clearTimeout(timer);
        resolve(this.#breakers[standing].enter());
      },
      refuse: (refusal) => {
        clearTimeout(timer);
        reject(refusal);
      },
    };
    const timer = setTimeout(() => {
      this.#room.remove(waiter);
      waiter.refuse(this.#busy());
      // The wake-up may have been this one's; whoever is left gets one of their own.
      this.#advance();
    }, this.#issuer.timeout);
    this.#room.add(waiter)?.refuse(this.#busy());
    this.#advance();
    return promise;
  }

  /** Admits whom there is room for, and comes back when the rate allows the next one. */
  #advance(): void {
    clearTimeout(this.#wakeUp);
    for (let admitted = true; admitted; ) {
      admitted = false;
      let wait = Number.POSITIVE_INFINITY;
      for (const standing of this.#room.turns) {
        if (this.#breakers[standing].blockedFor > 0) {
          this.#turnAway(standing);
          continue;
        }
        if (!this.#capacity.hasPlace(standing)) continue;
        wait = Math.min(wait, this.#capacity.timeUntilRate(standing, this.#room.isOverdue));
        if (wait > 0) continue;
        this.#capacity.begin(standing);
        this.#room.take(standing)?.admit();
        admitted = true;
        break;
      }
      // One ms more than asked, because timers may fire a little early.
      if (!admitted && wait < Number.POSITIVE_INFINITY) this.#wakeUp = setTimeout(() => this.#advance(), wait + 1);
    }
  }

  #turnAway(standing: Standing): void {
    for (const waiter of this.#room.clear(standing)) waiter.refuse(this.#unavailable(standing));
  }

  #unavailable(standing: Standing): BrokerError {
    const retryAfter = Math.max(1, Math.ceil(this.#breakers[standing].blockedFor / 1000));
    return new BrokerError('issuer_unavailable', {
      retryAfter,
      cause: new Error(`issuer ${this.#issuer.name} is left alone for ${retryAfter} s after failures`),
    });
  }

  #busy(): BrokerError {
    const wait = Math.ceil((this.#room.size + 1) / this.#issuer.budget.rate);
    return new BrokerError('issuer_busy', {
      retryAfter: Math.min(wait, MAXIMUM_BUSY_WAIT),
      cause: new Error(`issuer ${this.#issuer.name}: its budget is spent`),
    });
  }
}

/** Only failures of the issuer or of the way to it count: an answer that is too large came from one that is up. */
function healthOf(error: BrokerError): Health {
  if (error.code === 'issuer_unavailable') return 'ill';
  return error.code === 'internal' ? 'unknown' : 'well';
}
