import type { IssuerConfiguration } from '../../../control/config/configuration.ts';
import { DEFAULT_EXCHANGE } from '../../../control/config/issuer-settings.ts';
import type { Clock, Minter, TokenRequest } from '../../../control/decide/ports.ts';
import { BrokerError } from '../../../control/errors.ts';
import { createMinterPool, type MinterOptions, type MinterPool } from '../../../control/mint/minter.ts';
import { Secret } from '../../../control/secret.ts';

const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** An issuer with a budget that no test spends by accident. */
export function issuerAt(
  tokenEndpoint: URL | string,
  overrides: Partial<IssuerConfiguration> = {},
): IssuerConfiguration {
  return {
    name: 'issuer',
    tokenEndpoint: new URL(tokenEndpoint),
    timeout: 2000,
    caFile: undefined,
    clientAuthentication: { method: 'client_secret_basic' },
    client: undefined,
    extraParameters: new Map(),
    exchange: DEFAULT_EXCHANGE,
    realm: 'token-broker',
    showErrors: false,
    budget: { concurrency: 20, rate: 1000, burst: 1000, breakerFailures: 1000, breakerOpen: 1000 },
    ...overrides,
  };
}

/** A minter for one issuer, and the pool that it comes from. */
export type ClosableMinter = Minter & Omit<MinterPool, 'use'>;

export function minterFor(issuer: IssuerConfiguration, options: Partial<MinterOptions> = {}): ClosableMinter {
  const pool = createMinterPool({ clock: systemClock, ...options }, ({ name }) => name);
  return { ...pool, ...pool.use(new Map([[issuer.name, issuer]])) };
}

/** A request with the client's secret; undefined leaves that out. */
export function tokenRequest(clientId = 'client', secret: string | undefined = 'secret', scope?: string): TokenRequest {
  return {
    issuer: 'issuer',
    grant: 'client_credentials',
    clientId,
    clientSecret: secret === undefined ? undefined : new Secret(secret),
    scope,
  };
}

/** The refusal that a task ends in. */
export async function refusalOf(task: Promise<unknown>): Promise<BrokerError> {
  const outcome = await task.then(
    () => new Error('no refusal came'),
    (error: unknown) => error,
  );
  if (outcome instanceof BrokerError) return outcome;
  throw outcome;
}
