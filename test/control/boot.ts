import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type App, createApp } from '../../control/app.ts';
import type { Configuration } from '../../control/config/configuration.ts';
import { readEnvironment } from '../../control/config/environment.ts';
import type { ServiceAccounts, Token, TokenRequest } from '../../control/decide/ports.ts';
import type { Tracing } from '../../control/decide/tracing.ts';
import type { BrokerError } from '../../control/errors.ts';
import { createMinterPool, type MinterPool } from '../../control/mint/minter.ts';
import { Secret } from '../../control/secret.ts';
import { createGrpcServer } from '../../control/server/grpc/create-grpc-server.ts';
import { createLogger } from '../../control/server/logger.ts';
import { createAuthenticatorPool } from '../../control/trust/authenticator.ts';
import { ManualClock } from '../support/manual-clock.ts';

const MATCHER = readFileSync(new URL('../../build/matcher.wasm', import.meta.url));

/** A token response: members as an issuer gives them, or a refusal. */
export type Answer = Readonly<Record<string, string | number>> | BrokerError;

export interface BootOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Instead of one from the environment. */
  readonly configuration?: Configuration;
  /** False: as long as some source of policy has not been read. */
  readonly applied?: boolean;
  /** None by default. */
  readonly tracing?: Tracing;
  /** What clusters answer; by default nobody asks them. */
  readonly serviceAccounts?: ServiceAccounts;
  /** What the issuer answers; by default a new token that names its client, good for 300 s. */
  readonly issuer?: (request: TokenRequest) => Answer | Promise<Answer>;
  /** Asks real issuers instead. */
  readonly realIssuers?: true;
}

const NO_CLUSTERS: ServiceAccounts = {
  review: () => Promise.reject(new Error('no cluster is to be asked')),
  mint: () => Promise.reject(new Error('no cluster is to be asked')),
};

/** The whole service without ports: reached through `inject`, on a clock that tests set. */
export interface Booted extends App {
  readonly clock: ManualClock;
  /** What the issuer was asked, in order. */
  readonly tokenRequests: readonly TokenRequest[];
  /** Everything that was logged, at level debug. */
  log(): string;
}

export function boot({
  environment = {},
  configuration,
  tracing,
  issuer,
  realIssuers,
  serviceAccounts = NO_CLUSTERS,
  applied = true,
}: BootOptions = {}): Booted {
  const clock = new ManualClock();
  const lines: string[] = [];
  const tokenRequests: TokenRequest[] = [];
  const answerWith =
    issuer ?? (({ clientId }) => ({ access_token: `token-${tokenRequests.length}-of-${clientId}`, expires_in: 300 }));
  const whole = configuration ?? readEnvironment(environment, readFileSync);
  const scripted: MinterPool = {
    use: () => ({
      mint: async (request) => {
        tokenRequests.push(request);
        const obtainedAt = clock.now();
        const answer = await answerWith(request);
        if (answer instanceof Error) {
          throw answer;
        }
        return tokenOf(answer, obtainedAt);
      },
    }),
    loads: () => new Map(),
    close: async () => {},
  };
  const app = createApp({
    configuration: whole,
    clock,
    logger: createLogger('debug', { write: (line) => lines.push(line) }),
    version: '0.0.0-test',
    readFile: readFileSync,
    matcher: MATCHER,
    readTls: () => undefined,
    ...(tracing && { tracing }),
    createGrpcServer,
    createServiceAccounts: () => serviceAccounts,
    createAuthenticatorPool: (observer, identify) => createAuthenticatorPool({ clock, observer }, identify),
    createMinterPool: (observer, identify) =>
      realIssuers ? createMinterPool({ clock, observer, ...(tracing && { tracing }) }, identify) : scripted,
  });
  if (applied) app.apply(whole, []);
  return { ...app, clock, tokenRequests, log: () => lines.join('') };
}

/** A token as the minter would give it. */
export function tokenOf(members: Readonly<Record<string, string | number>>, obtainedAt: number): Token {
  const accessToken = String(members.access_token);
  return {
    accessToken: new Secret(accessToken),
    digest: createHash('sha256').update(accessToken).digest('hex'),
    obtainedAt,
    lifetime: Number(members.expires_in ?? 60) * 1000,
    fields: new Map(Object.entries(members).map(([name, value]) => [name, new Secret(String(value))])),
  };
}

/** The headers of a client with credentials. */
export const CREDENTIALS = { 'x-client-id': 'app', 'x-client-secret': 'app-secret' } as const;

/** `x-broker-route` of a route, by its id, read from the table as the filter would. */
export async function routeReference({ filter }: Pick<App, 'filter'>, id = 'default'): Promise<string> {
  const answer = await filter?.inject({ url: '/v1/routes' });
  const table = answer?.rawPayload ?? Buffer.alloc(0);
  // The digest follows the id, after its own length: 64 as a little-endian u32.
  const at = table.indexOf(`${id}\x40\0\0\0`, 0, 'latin1') + id.length + 4;
  return `${id}@${table.subarray(at, at + 64).toString('latin1')}`;
}
