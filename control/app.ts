import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { type AuditLog, openAuditLog } from './audit/audit-log.ts';
import { MemorySingleFlight } from './cache/memory-single-flight.ts';
import { MemoryStore } from './cache/memory-store.ts';
import type { Configuration, IssuerConfiguration, ListenerConfiguration } from './config/configuration.ts';
import type { ProviderConfiguration } from './config/provider.ts';
import { AMBIGUOUS_ROUTE } from './decide/ambiguous-route.ts';
import { createAuthenticateCaller } from './decide/authenticate-caller.ts';
import { createDecide } from './decide/decide.ts';
import type { HeldToken } from './decide/held-token.ts';
import { createObtainToken, type Refusal } from './decide/obtain-token.ts';
import type { Clock } from './decide/ports.ts';
import { NO_TRACING, type Tracing } from './decide/tracing.ts';
import type { ClosableMinter, MintObserver } from './mint/minter.ts';
import { compile } from './policy/compile.ts';
import { encode } from './policy/encode.ts';
import { deriveKeys } from './policy/keys.ts';
import { AMBIGUOUS_PATH, createMatcher } from './policy/matcher.ts';
import { adminEndpoint } from './server/admin.ts';
import { checkEndpoint } from './server/check.ts';
import { rewriteCheckUrl } from './server/check-url.ts';
import { createServer, type ServerOptions, type ServerTls } from './server/create-server.ts';
import { filterEndpoint } from './server/filter.ts';
import type { GrpcServer, GrpcServerOptions } from './server/grpc/create-grpc-server.ts';
import { createMetrics, type Metrics } from './server/metrics/metrics.ts';
import { createDecisionObserver, createIssuerObserver, createTokenEvents } from './server/observers.ts';
import { recordDecisions } from './server/record-decisions.ts';
import type { Service } from './server/service.ts';
import { createAuditObserver, traceTokenEvents, traceTrust } from './server/telemetry.ts';
import { createTrustObserver } from './server/trust-observer.ts';
import type { ClosableAuthenticator, TrustObserver } from './trust/authenticator.ts';

/** Refusals are small; this many of them bound what a flood of wrong secrets can occupy. */
const MAXIMUM_REFUSALS = 10_000;

export interface AppDependencies {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly version: string;
  /** Reads the files that issuers name. */
  readonly readFile: (path: string) => Buffer;
  /** The compiled matcher. */
  readonly matcher: Uint8Array<ArrayBuffer>;
  readonly createMinter: (issuers: ReadonlyMap<string, IssuerConfiguration>, observer: MintObserver) => ClosableMinter;
  readonly createAuthenticator: (
    providers: readonly ProviderConfiguration[],
    observer: TrustObserver,
  ) => ClosableAuthenticator;
  /** None by default. */
  readonly tracing?: Tracing;
  /** Reads a listener's certificates. */
  readonly readTls: (listener: ListenerConfiguration) => ServerTls | undefined;
  /** Undefined where that listener is off. */
  readonly createGrpcServer: ((options: GrpcServerOptions) => GrpcServer) | undefined;
}

/** The servers, none of them listening; those that the configuration switches off are undefined. */
export interface App {
  readonly check: FastifyInstance | undefined;
  readonly filter: FastifyInstance | undefined;
  readonly admin: FastifyInstance | undefined;
  /** Opens the audit log anew, after a rotation; undefined when there is none. */
  readonly reopenAudit: (() => void) | undefined;
  readonly grpc: GrpcServer | undefined;
  /** What `/readyz` says, and gRPC's health service. */
  setReady(ready: boolean): void;
  /** Stops accepting, lets requests in flight finish, and ends the connections to issuers. */
  close(): Promise<void>;
}

/** Builds everything from its dependencies; it opens no port and reads no environment. */
export function createApp(dependencies: AppDependencies): App {
  const { logger, version, readTls, createGrpcServer } = dependencies;
  const { listeners } = dependencies.configuration;
  const metrics = createMetrics(version);
  const audit = openAudit(dependencies);
  const { service, close } = createService(dependencies, metrics, audit);
  let ready = false;
  const administration = { registry: metrics.registry, isReady: () => ready };
  const server = (
    listener: ListenerConfiguration | undefined,
    options: Pick<ServerOptions, 'endpoint' | 'rewriteUrl'>,
  ) => listener && createServer({ ...options, logger, tls: readTls(listener) });
  const servers = {
    check: server(listeners.check, { endpoint: checkEndpoint(service), rewriteUrl: rewriteCheckUrl }),
    filter: server(listeners.filter, { endpoint: filterEndpoint(service) }),
    admin: server(listeners.admin, { endpoint: adminEndpoint(administration) }),
    grpc: listeners.grpc && createGrpcServer?.({ service, logger, tls: readTls(listeners.grpc) }),
  };
  return {
    ...servers,
    reopenAudit: audit && (() => audit.reopen()),
    setReady: (value) => {
      ready = value;
      servers.grpc?.setServing(value);
    },
    close: async () => {
      ready = false;
      await Promise.all([servers.check?.close(), servers.filter?.close(), servers.grpc?.close()]);
      await Promise.all([servers.admin?.close(), close(), audit?.close()]);
    },
  };
}

/** @throws ConfigurationError when its file cannot be opened */
function openAudit({ configuration, clock, logger }: AppDependencies): AuditLog | undefined {
  const { audit, issuers } = configuration;
  return audit && openAuditLog(audit, { issuers, clock, observer: createAuditObserver(logger) });
}

/** What the endpoints are made of: the compiled policy, and decisions over the store, the flights and the minter. */
function createService(
  {
    configuration,
    clock,
    logger,
    readFile,
    matcher,
    tracing = NO_TRACING,
    createMinter,
    createAuthenticator,
  }: AppDependencies,
  metrics: Metrics,
  audit: AuditLog | undefined,
): { service: Service; close: () => Promise<void> } {
  const { cache, issuers, providers } = configuration;
  const keys = deriveKeys(cache.key);
  const table = compile(configuration, { keys, readFile });
  const encodedTable = encode(table, keys.filter);
  const match = createMatcher(matcher, encodedTable);
  const minter = createMinter(issuers, createIssuerObserver(metrics, logger));
  const authenticator = createAuthenticator(
    [...providers.values()],
    traceTrust(createTrustObserver(metrics, logger), tracing),
  );
  const maximumRefusals = cache.maximumEntries === 0 ? 0 : MAXIMUM_REFUSALS;
  const tokens = new MemoryStore<HeldToken>({ ...cache, clock });
  const refusals = new MemoryStore<Refusal>({ ...cache, maximumEntries: maximumRefusals, clock });
  metrics.issuers.watch(() => minter.loads());
  metrics.trust.watch(() => authenticator.ages());
  metrics.store.watch({
    tokens: () => tokens.size,
    refusals: () => refusals.size,
    evictions: () => tokens.evictions,
    routes: () => table.routes.length,
  });
  const obtainToken = createObtainToken({
    minter,
    tokens,
    refusals,
    flights: new MemorySingleFlight<HeldToken>(),
    clock,
    safetyMargin: cache.safetyMargin,
    events: traceTokenEvents(createTokenEvents(metrics, logger), tracing),
    tracing,
  });
  return {
    service: {
      table,
      encodedTable,
      findRoute: (host, path, method) => {
        const index = match(host, path, method);
        return index === AMBIGUOUS_PATH ? AMBIGUOUS_ROUTE : table.routes[index];
      },
      decide: createDecide({
        authenticateCaller: createAuthenticateCaller(authenticator, clock),
        obtainToken,
        clock,
        storeKey: keys.store,
        cacheable: cache.maximumEntries > 0,
      }),
      observer: recordDecisions(createDecisionObserver(metrics, logger, clock), { tracing, audit }),
      trace: tracing.decision,
    },
    close: async () => {
      await Promise.all([minter.close(), authenticator.close()]);
      tokens.close();
      refusals.close();
    },
  };
}
