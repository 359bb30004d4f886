import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { type App, createApp } from './app.ts';
import type { Configuration } from './config/configuration.ts';
import type { Environment } from './config/environment-reader.ts';
import { loadConfiguration } from './config/load.ts';
import type { TokensmithFlags } from './config/tokensmith/flags.ts';
import { WatchedFiles } from './config/watched-files.ts';
import { continueContext } from './decide/continue-context.ts';
import type { Clock } from './decide/ports.ts';
import { NO_TRACING } from './decide/tracing.ts';
import { createServiceAccounts } from './kubernetes/service-accounts.ts';
import { KubernetesSources } from './kubernetes-sources.ts';
import { createMinterPool } from './mint/minter.ts';
import { readPolicyFiles } from './policy/sources/policy-files.ts';
import { Reloader } from './reload.ts';
import { createClusterObserver } from './server/cluster-observer.ts';
import { readServerTls } from './server/listen.ts';
import { createExportObserver } from './server/telemetry.ts';
import { createAuthenticatorPool } from './trust/authenticator.ts';

interface BrokerDependencies {
  readonly environment: Environment;
  /** The configuration file that the command line names, or flags of tokensmith. */
  readonly config: string | TokensmithFlags | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
}

/** Control with all its parts. Nothing listens, and nothing is read again, before somebody says so. */
export interface Broker {
  readonly app: App;
  /** The one at start. */
  readonly configuration: Configuration;
  /** From now on what has changed comes into force. */
  watch(): void;
  /** The first ends decisions, and the second what is told of them and what they were made from. */
  readonly close: { readonly decisions: () => Promise<void>; readonly rest: () => Promise<void> };
}

/**
 * Reads the configuration and puts it in force.
 *
 * @throws ConfigurationError with everything that is wrong with what the operator wrote, or Error naming a file
 */
export async function assembleBroker(dependencies: BrokerDependencies): Promise<Broker> {
  const { environment, config, clock, logger, version } = dependencies;
  const files = new WatchedFiles();
  let app: App | undefined;
  let reloader: Reloader | undefined;
  const kubernetes = new KubernetesSources({
    clock,
    observer: createClusterObserver(logger),
    changed: (what) => {
      if (what === 'watches') app?.watched(kubernetes.states());
      else void reloader?.notify(what);
    },
  });
  const { secrets } = kubernetes;
  const load = () => loadConfiguration(environment, files.read, config, secrets.read);
  const configuration = await secrets.attempt(load);
  logger.level = configuration.logLevel;
  const tracing = await createTracing(configuration, dependencies);
  app = createApp({
    ...{ configuration, clock, logger, version, readFile: files.read, tracing },
    matcher: readBuilt('matcher.wasm'),
    createMinterPool: (observer, identify) => createMinterPool({ clock, observer, tracing }, identify),
    createAuthenticatorPool: (observer, identify) => createAuthenticatorPool({ clock, observer }, identify),
    createServiceAccounts: (observer, clusters) =>
      createServiceAccounts({
        clusters,
        open: (cluster) => kubernetes.clusters.get(cluster),
        clock,
        observer,
        tracing,
      }),
    readTls: ({ tls }) => tls && readServerTls(tls, files.read),
    createGrpcServer: await loadGrpc(configuration),
  });
  reloader = new Reloader(configuration, {
    ...{ app, clock, files, secrets, load },
    readDocuments: (next) => {
      const operator = { environment, readFile: files.read, clusters: next.clusters, readSecret: secrets.read };
      const inKubernetes = kubernetes.documents(next, operator);
      return inKubernetes && [...readPolicyFiles(next.policy.files, files, operator), ...inKubernetes];
    },
    applied: (next) => {
      logger.level = next.logLevel;
      kubernetes.keep(next);
    },
  });
  await reloader.start();
  const stopExport = await exportMetrics(configuration, app, dependencies);
  return brokerOf(configuration, { app, reloader, kubernetes, tracing, stopExport });
}

interface Parts {
  readonly app: App;
  readonly reloader: Reloader;
  readonly kubernetes: KubernetesSources;
  readonly tracing: { close(): Promise<void> };
  readonly stopExport: (() => Promise<void>) | undefined;
}

function brokerOf(configuration: Configuration, parts: Parts): Broker {
  const { app, reloader, kubernetes, tracing, stopExport } = parts;
  return {
    app,
    configuration,
    watch: () => reloader.watch(),
    close: {
      decisions: () => app.close(),
      rest: async () => {
        reloader.stop();
        await Promise.all([kubernetes.close(), tracing.close(), stopExport?.()]);
      },
    },
  };
}

/** Only where it is used: loading OpenTelemetry would slow down every start. */
async function createTracing({ tracing, propagation }: Configuration, { version, logger }: BrokerDependencies) {
  if (tracing === undefined) return continueContext({ ...NO_TRACING, close: async () => {} }, propagation);
  const { createTracing: create } = await import('./telemetry/open-telemetry.ts');
  const { traceContext } = propagation;
  const spans = await create(tracing, { version, traceContext, observer: createExportObserver(logger, 'spans') });
  // What issuers continue is the span of their own request.
  return continueContext(spans, { ...propagation, traceContext: false });
}

/** As above. */
async function exportMetrics({ metricExport }: Configuration, app: App, { version, logger }: BrokerDependencies) {
  if (metricExport === undefined) return undefined;
  const { exportMetrics: start } = await import('./telemetry/metric-export.ts');
  return start(app.registry, metricExport, { version, observer: createExportObserver(logger, 'metrics') });
}

/** Only where it is used: loading gRPC would slow down every start. */
async function loadGrpc({ listeners }: Configuration) {
  if (listeners.grpc === undefined && listeners.grpcTls === undefined) return undefined;
  return (await import('./server/grpc/create-grpc-server.ts')).createGrpcServer;
}

/** @throws Error that says how to make the file */
function readBuilt(name: string): Buffer<ArrayBuffer> {
  try {
    return readFileSync(new URL(`../build/${name}`, import.meta.url));
  } catch (error) {
    throw new Error(`build/${name} cannot be read; make it with: npm run build`, { cause: error });
  }
}
