import type { Server as TlsServer } from 'node:tls';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { type AuditLog, openAuditLog } from './audit/audit-log.ts';
import type { Configuration, IssuerConfiguration, ListenerConfiguration } from './config/configuration.ts';
import type { PolicyDocumentSource } from './config/policy-source.ts';
import type { ProviderConfiguration } from './config/provider.ts';
import type { PolicyStatus, WatchStatus } from './decide/policy-status.ts';
import type { Clock, ServiceAccounts } from './decide/ports.ts';
import { NO_TRACING, type Tracing } from './decide/tracing.ts';
import type { ServiceAccountsObserver } from './kubernetes/service-accounts.ts';
import { LivePolicy } from './live-policy.ts';
import type { MinterPool, MintObserver } from './mint/minter.ts';
import { adminEndpoint, metricsEndpoint } from './server/admin.ts';
import { checkEndpoint } from './server/check.ts';
import { rewriteCheckUrl } from './server/check-url.ts';
import { createServer, handshake, type ServerOptions, type ServerTls } from './server/create-server.ts';
import { filterEndpoint } from './server/filter.ts';
import type { GrpcServer, GrpcServerOptions } from './server/grpc/create-grpc-server.ts';
import { createMetrics, type Metrics } from './server/metrics/metrics.ts';
import {
  createClusterTokenObserver,
  createDecisionObserver,
  createIssuerObserver,
  createTokenEvents,
} from './server/observers.ts';
import { PolicyObserver, problemsOf } from './server/policy-observer.ts';
import { recordDecisions } from './server/record-decisions.ts';
import type { Service } from './server/service.ts';
import { createSharedCacheObserver } from './server/shared-cache-observer.ts';
import { createAuditObserver, traceTokenEvents, traceTrust } from './server/telemetry.ts';
import { createTrustObserver } from './server/trust-observer.ts';
import type { AuthenticatorPool, TrustObserver } from './trust/authenticator.ts';

export interface AppDependencies {
  /** The one at start; listeners, sizes of stores, the audit log and tracing stay as it says. */
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly version: string;
  /** Reads the files that issuers and providers name. */
  readonly readFile: (path: string) => Buffer;
  /** The compiled matcher. */
  readonly matcher: Uint8Array<ArrayBuffer>;
  readonly createMinterPool: (observer: MintObserver, identify: (issuer: IssuerConfiguration) => string) => MinterPool;
  readonly createAuthenticatorPool: (
    observer: TrustObserver,
    identify: (provider: ProviderConfiguration) => string,
  ) => AuthenticatorPool;
  readonly createServiceAccounts: (
    observer: ServiceAccountsObserver,
    clusters: Configuration['clusters'],
  ) => ServiceAccounts;
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
  readonly metrics: FastifyInstance | undefined;
  /** Opens the audit log anew, after a rotation; undefined when there is none. */
  readonly reopenAudit: (() => void) | undefined;
  readonly grpc: GrpcServer | undefined;
  readonly grpcTls: GrpcServer | undefined;
  /** What `/metrics` shows. */
  readonly registry: Registry;
  /**
   * Puts a configuration and the policy documents beside it in force: now, and whenever they change.
   *
   * @param failure why it is not the configuration as it stands now, but the last good one
   * @returns wall clock, ms: when it is to be applied again, because something in it ends
   * @throws ConfigurationError, or Error naming a file that cannot be used; then everything stays as it was
   */
  apply(
    configuration: Configuration,
    documents: readonly PolicyDocumentSource[],
    failure?: unknown,
  ): { readonly changesAt: number | undefined };
  /** Has listeners use what their certificate files hold now. @throws Error when they hold none */
  renewCertificates(): void;
  /** What became of the policy's sources. */
  readonly status: () => PolicyStatus;
  /** Tells how watches of Kubernetes are doing. */
  readonly watched: (watches: readonly WatchStatus[]) => void;
  /** What `/readyz` says, and gRPC's health service, once there is a policy. */
  setReady(ready: boolean): void;
  /** Stops accepting, lets requests in flight finish, and ends the connections to issuers. */
  close(): Promise<void>;
}

/**
 * Builds everything from its dependencies; it opens no port and reads no environment. Nothing is in force before the
 * first {@link App.apply}: until then every request is refused.
 */
export function createApp(dependencies: AppDependencies): App {
  const { logger, version, readTls, createGrpcServer, configuration, clock, tracing = NO_TRACING } = dependencies;
  const { listeners } = configuration;
  const metrics = createMetrics(version);
  let inForce = configuration;
  const audit = openAudit(dependencies, () => inForce.issuers);
  const live = createLivePolicy(dependencies, metrics);
  const observer = new PolicyObserver(metrics, logger, clock);
  let ready = false;
  const isReady = () => ready && live.current !== undefined;
  const service: Service = {
    policy: () => live.current,
    observer: recordDecisions(createDecisionObserver(metrics, logger, clock), { tracing, audit }),
    trace: tracing.decision,
  };
  const server = (
    listener: ListenerConfiguration | undefined,
    options: Pick<ServerOptions, 'endpoint' | 'rewriteUrl'>,
  ) => listener && createServer({ ...options, logger, tls: readTls(listener) });
  const grpc = (listener: ListenerConfiguration | undefined) =>
    listener && createGrpcServer?.({ service, logger, tls: readTls(listener) });
  const servers = {
    check: server(listeners.check, { endpoint: checkEndpoint(service), rewriteUrl: rewriteCheckUrl }),
    filter: server(listeners.filter, { endpoint: filterEndpoint(service) }),
    admin: server(listeners.admin, {
      endpoint: adminEndpoint({ registry: metrics.registry, isReady, status: () => observer.status }),
    }),
    metrics:
      listeners.metrics &&
      server(listeners.metrics, {
        endpoint: metricsEndpoint({ registry: metrics.registry, path: listeners.metrics.path }),
      }),
    grpc: grpc(listeners.grpc),
    grpcTls: grpc(listeners.grpcTls),
  };
  const serveGrpc = () => {
    for (const each of [servers.grpc, servers.grpcTls]) each?.setServing(isReady());
  };
  const renew = (listener: ListenerConfiguration | undefined, take: (tls: ServerTls) => void) => {
    const tls = listener && readTls(listener);
    if (tls !== undefined) take(tls);
  };
  return {
    ...servers,
    registry: metrics.registry,
    status: () => observer.status,
    watched: (watches) => observer.watched(watches),
    renewCertificates: () => {
      for (const name of ['check', 'filter', 'admin'] as const) {
        renew(listeners[name], (tls) =>
          (servers[name]?.server as TlsServer | undefined)?.setSecureContext(handshake(tls)),
        );
      }
      for (const name of ['grpc', 'grpcTls'] as const) {
        renew(listeners[name], (tls) => servers[name]?.renewCertificates(tls));
      }
    },
    apply: (next, documents, failure) => {
      try {
        const { table, sources, closed, revocations, changesAt } = live.apply(next, documents);
        inForce = next;
        const problems = failure === undefined ? [] : problemsOf(failure);
        const counts = { routes: table.routes.length, revocations };
        observer.applied({ revision: table.revision, ...counts, problems, sources, closed });
        serveGrpc();
        return { changesAt };
      } catch (error) {
        observer.failed(problemsOf(error));
        throw error;
      }
    },
    reopenAudit: audit && (() => audit.reopen()),
    setReady: (value) => {
      ready = value;
      serveGrpc();
    },
    close: async () => {
      ready = false;
      const { check, filter, admin, metrics: forMetrics } = servers;
      await Promise.all([check, filter, servers.grpc, servers.grpcTls].map((each) => each?.close()));
      await Promise.all([admin?.close(), forMetrics?.close(), live.close(), audit?.close()]);
    },
  };
}

/** @throws ConfigurationError when its file cannot be opened */
function openAudit(
  { configuration, clock, logger }: AppDependencies,
  issuers: () => Configuration['issuers'],
): AuditLog | undefined {
  const { audit } = configuration;
  return audit && openAuditLog(audit, { issuers, clock, observer: createAuditObserver(logger) });
}

/** The policy that decisions are made by, watched by metrics. */
function createLivePolicy(dependencies: AppDependencies, metrics: Metrics): LivePolicy {
  const { configuration, clock, logger, readFile, matcher, tracing = NO_TRACING } = dependencies;
  const live = new LivePolicy({
    cache: configuration.cache,
    clock,
    readFile,
    matcher,
    sharedCacheObserver: createSharedCacheObserver(metrics, logger, clock),
    createMinterPool: (identify) => dependencies.createMinterPool(createIssuerObserver(metrics, logger), identify),
    createAuthenticatorPool: (identify) =>
      dependencies.createAuthenticatorPool(traceTrust(createTrustObserver(metrics, logger), tracing), identify),
    createServiceAccounts: (clusters) =>
      dependencies.createServiceAccounts(createClusterTokenObserver(metrics), clusters),
    events: traceTokenEvents(createTokenEvents(metrics, logger, clock), tracing),
    tracing,
  });
  metrics.issuers.watch(() => live.minters.loads());
  metrics.trust.watch(() => live.authenticators.ages());
  metrics.store.watch({
    tokens: () => live.cache.tokens.size,
    refusals: () => live.cache.tokens.refusalCount + live.reviewRefusals.size,
    evictions: () => live.cache.tokens.evictions,
    routes: () => live.current?.table.routes.length ?? 0,
  });
  return live;
}
