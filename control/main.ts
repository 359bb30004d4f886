import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { createApp } from './app.ts';
import { helpText, readCommandLine } from './command-line.ts';
import type { Configuration } from './config/configuration.ts';
import { loadConfiguration } from './config/load.ts';
import { createMinter } from './mint/minter.ts';
import { listen, readServerTls } from './server/listen.ts';
import { createLogger } from './server/logger.ts';
import { createExportObserver } from './server/telemetry.ts';
import { closeOnSignal } from './shutdown.ts';
import { createAuthenticator } from './trust/authenticator.ts';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Until it listens, whatever goes wrong is the configuration's. */
let exitCode = 2;

async function main(): Promise<void> {
  const { config, version, help, checkConfig } = readCommandLine(process.argv.slice(2));
  if (help || version) {
    process.stdout.write(help ? helpText() : `envoy-token-broker ${readVersion()}\n`);
    return;
  }
  const configuration = await loadConfiguration(process.env, readFileSync, config);
  const logger = createLogger(configuration.logLevel);
  // Only then: loading OpenTelemetry would slow down every start.
  const tracing =
    configuration.tracing &&
    (await import('./tracing/open-telemetry.ts')).createTracing(configuration.tracing, {
      version: readVersion(),
      observer: createExportObserver(logger),
    });
  const app = createApp({
    configuration,
    clock,
    logger,
    version: readVersion(),
    readFile: readFileSync,
    matcher: readBuilt('matcher.wasm'),
    createMinter: (issuers, observer) => createMinter(issuers, { clock, observer, ...(tracing && { tracing }) }),
    createAuthenticator: (providers, observer) => createAuthenticator(providers, { clock, observer }),
    readTls: ({ tls }) => tls && readServerTls(tls),
    ...(tracing && { tracing }),
    createGrpcServer: await loadGrpc(configuration),
  });
  for (const warning of configuration.warnings) {
    logger.warn({ warning }, 'the configuration is good, and perhaps not what is meant');
  }
  if (checkConfig) {
    process.stdout.write('the configuration is good\n');
    await app.close();
    await tracing?.close();
    return;
  }
  exitCode = 1;
  closeOnSignal(app, configuration.shutdownTimeout, logger, () => tracing?.close());
  if (app.reopenAudit !== undefined) process.on('SIGHUP', app.reopenAudit);
  for (const name of ['check', 'filter', 'grpc', 'admin'] as const) {
    const [server, listener] = [app[name], configuration.listeners[name]];
    if (server !== undefined && listener !== undefined) {
      await listen(server, name, listener.address);
    }
  }
  app.setReady(true);
  const cacheKey = configuration.cache.key === undefined ? 'random, not shared with other replicas' : 'configured';
  logger.info({ version: readVersion(), cacheKey, startupMs: Math.round(performance.now()) }, 'ready');
}

/** Only where it is used: loading gRPC would slow down every start. */
async function loadGrpc({ listeners }: Configuration) {
  return listeners.grpc && (await import('./server/grpc/create-grpc-server.ts')).createGrpcServer;
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

/** @throws Error that says how to make the file */
function readBuilt(name: string): Buffer<ArrayBuffer> {
  try {
    return readFileSync(new URL(`../build/${name}`, import.meta.url));
  } catch (error) {
    throw new Error(`build/${name} cannot be read; make it with: npm run build`, { cause: error });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(exitCode);
});
