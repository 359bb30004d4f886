import type { IssuerConfiguration } from '../config/configuration.ts';
import type { Clock, Minter, Token, TokenRequest } from '../decide/ports.ts';
import { NO_TRACING, type Tracing } from '../decide/tracing.ts';
import { describeFailure } from '../describe-failure.ts';
import { BrokerError, type ErrorCode } from '../errors.ts';
import { Pool } from '../pool.ts';
import { Budget } from './budget/budget.ts';
import type { BreakerState } from './budget/circuit-breaker.ts';
import type { Standing } from './budget/waiting-room.ts';
import { prepareClientAuthentication } from './client-authentication.ts';
import { readExchangedToken } from './read-exchanged-token.ts';
import { readToken } from './read-token.ts';
import { type Sender, sendTokenRequest } from './send-token-request.ts';
import { createTransport, type Fetch } from './transport.ts';

/** The issuer does not know, or no longer wants, whoever asked. */
const REJECTIONS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['credentials_rejected', 'subject_token_rejected']);

/** What minting tells about itself, for metrics and logs; nothing in it is secret. */
export interface MintObserver {
  /** A call to `mint` has ended, after `duration` ms, with a token or a refusal. */
  minted?(issuer: string, outcome: 'token' | ErrorCode, duration: number): void;
  /**
   * A token request is sent.
   *
   * @returns a function to call after `duration` ms, with a refusal unless there is a token
   */
  sent?(request: SentTokenRequest): (error: BrokerError | undefined, duration: number) => void;
  /** The breaker for requests of credentials that the issuer knows, or does not know yet, has changed. */
  breakerChanged?(issuer: string, standing: Standing, state: BreakerState): void;
}

export interface SentTokenRequest {
  readonly grant: TokenRequest['grant'];
  readonly endpoint: URL;
}

export interface MinterOptions {
  readonly clock: Clock;
  readonly observer?: MintObserver;
  readonly tracing?: Pick<Tracing, 'tokenRequest'>;
  /** Replaces the connections to all issuers, in tests. */
  readonly fetch?: Fetch;
  /** From 0 up to 1; `Math.random` by default. */
  readonly random?: () => number;
}

/** Token requests to one issuer. */
export interface IssuerLoad {
  readonly underWay: number;
  readonly waiting: number;
}

/** Makes minters, one for each configuration that comes into force, and holds what outlives them. */
export interface MinterPool {
  /**
   * A minter for these issuers. Those that have not changed keep their connections and what is known of them.
   *
   * @throws Error naming the issuer and the file that cannot be used; then everything stays as it was
   */
  use(issuers: ReadonlyMap<string, IssuerConfiguration>): Minter;
  /** What each issuer is being asked now, by its name. */
  loads(): ReadonlyMap<string, IssuerLoad>;
  /** Ends all connections, once the requests under way have ended. */
  close(): Promise<void>;
}

interface Issuer {
  readonly sender: Sender;
  readonly budget: Budget;
  close(): Promise<void>;
}

/** @param identify tells issuers apart that differ in anything, what their files hold included */
export function createMinterPool(
  options: MinterOptions,
  identify: (issuer: IssuerConfiguration) => string,
): MinterPool {
  const pool = new Pool<IssuerConfiguration, Issuer>({
    prepare: (issuer) => prepare(issuer, options),
    close: (issuer) => issuer.close(),
    identify,
  });
  let current: ReadonlyMap<string, Issuer> = new Map();
  return {
    use: (issuers) => {
      current = pool.use(issuers.values());
      return createMinter(current, options);
    },
    loads: () => new Map([...current].map(([name, issuer]) => [name, issuer.budget.load])),
    close: () => pool.close(),
  };
}

function createMinter(issuers: ReadonlyMap<string, Issuer>, options: MinterOptions): Minter {
  const { tracing = NO_TRACING } = options;

  async function mint(request: TokenRequest): Promise<Token> {
    const issuer = issuers.get(request.issuer);
    if (issuer === undefined) throw new BrokerError('internal', { cause: new Error(`no issuer ${request.issuer}`) });
    const traced = { issuer: request.issuer, grant: request.grant, endpoint: issuer.sender.issuer.tokenEndpoint };
    const sent = watchSent(traced, options);
    try {
      const answer = await issuer.budget.run(request, () => {
        sent.begin();
        return tracing.tokenRequest(traced, (headers) => sendTokenRequest(issuer.sender, request, headers));
      });
      const token = request.grant === 'client_credentials' ? readToken(answer) : readExchangedToken(answer, request);
      issuer.budget.learn(request, true);
      sent.end(undefined);
      return token;
    } catch (error) {
      sent.end(error);
      if (!(error instanceof BrokerError)) throw error;
      if (REJECTIONS.has(error.code)) issuer.budget.learn(request, false);
      throw issuer.sender.issuer.showErrors ? error : withoutDescription(error);
    }
  }

  return { mint: (request) => observed(request.issuer, () => mint(request), options) };
}

/** Tells the observer of one request once it is sent, which may never be. */
function watchSent(request: SentTokenRequest, { observer, clock }: MinterOptions) {
  let end: ((error: unknown) => void) | undefined;
  return {
    begin(): void {
      const start = clock.monotonic();
      const told = observer?.sent?.(request);
      end = (error) => {
        const refusal = error === undefined || error instanceof BrokerError ? error : new BrokerError('internal');
        told?.(refusal, clock.monotonic() - start);
      };
    },
    end: (error: unknown) => end?.(error),
  };
}

/** The issuer's own words are for callers only where the operator says so. */
function withoutDescription(refusal: BrokerError): BrokerError {
  const { code, cause, issuer, retryAfter } = refusal;
  if (issuer?.description === undefined) return refusal;
  const { description, ...rest } = issuer;
  return new BrokerError(code, { cause, issuer: rest, ...(retryAfter === undefined ? {} : { retryAfter }) });
}

function prepare(issuer: IssuerConfiguration, options: MinterOptions): Issuer {
  try {
    const authenticate = prepareClientAuthentication(issuer);
    const transport =
      options.fetch === undefined ? createTransport(issuer) : { fetch: options.fetch, close: async () => {} };
    const budget = new Budget(issuer, {
      clock: options.clock,
      random: options.random ?? Math.random,
      onBreakerChange: (standing, state) => options.observer?.breakerChanged?.(issuer.name, standing, state),
    });
    return {
      sender: { issuer, authenticate, fetch: transport.fetch, clock: options.clock },
      budget,
      close: () => transport.close(),
    };
  } catch (error) {
    throw new Error(`issuer ${issuer.name}: ${error instanceof Error ? error.message : 'cannot be used'}`);
  }
}

async function observed(issuer: string, task: () => Promise<Token>, options: MinterOptions): Promise<Token> {
  const start = options.clock.monotonic();
  const tell = (outcome: 'token' | ErrorCode) =>
    options.observer?.minted?.(issuer, outcome, options.clock.monotonic() - start);
  try {
    const token = await task();
    tell('token');
    return token;
  } catch (error) {
    const refusal =
      error instanceof BrokerError
        ? error
        : new BrokerError('internal', { cause: new Error(`issuer ${issuer}: ${describeFailure(error)}`) });
    tell(refusal.code);
    throw refusal;
  }
}
