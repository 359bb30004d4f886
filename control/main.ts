import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { type App, createApp } from './app.ts';
import { helpText, readCommandLine } from './command-line.ts';
import { runCommand } from './commands/run-command.ts';
import type { Configuration } from './config/configuration.ts';
import { loadConfiguration } from './config/load.ts';
import { WatchedFiles } from './config/watched-files.ts';
import { createMinterPool } from './mint/minter.ts';
import { readPolicyFiles } from './policy/sources/policy-files.ts';
import { Reloader } from './reload.ts';
import { listen, readServerTls } from './server/listen.ts';
import { createLogger } from './server/logger.ts';
import { createExportObserver } from './server/telemetry.ts';
import { closeOnSignal } from './shutdown.ts';
import { createAuthenticatorPool } from './trust/authenticator.ts';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Until it listens, whatever goes wrong is the configuration's. */
let exitCode = 2;

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const code = await runCommand(words, {
    environment: process.env,
    readFile: readFileSync,
    print: (line) => process.stdout.write(`${line}\n`),
    complain: (line) => process.stderr.write(`${line}\n`),
    now: clock.now,
  });
  if (code !== undefined) {
    process.exitCode = code;
    return;
  }
  const { config, version, help, checkConfig } = readCommandLine(words);
  if (help || version) {
    process.stdout.write(help ? helpText() : `envoy-token-broker ${readVersion()}\n`);
    return;
  }
  const files = new WatchedFiles();
  const load = () => loadConfiguration(process.env, files.read, config);
  const configuration = await load();
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
    readFile: files.read,
    matcher: readBuilt('matcher.wasm'),
    createMinterPool: (observer, identify) =>
      createMinterPool({ clock, observer, ...(tracing && { tracing }) }, identify),
    createAuthenticatorPool: (observer, identify) => createAuthenticatorPool({ clock, observer }, identify),
    readTls: ({ tls }) => tls && readServerTls(tls, files.read),
    ...(tracing && { tracing }),
    createGrpcServer: await loadGrpc(configuration),
  });
  const operator = { environment: process.env, readFile: files.read };
  const reloader = new Reloader(configuration, {
    app,
    clock,
    files,
    load,
    readDocuments: ({ policy }) => readPolicyFiles(policy.files, files, operator),
    applied: ({ logLevel }) => {
      logger.level = logLevel;
    },
  });
  reloader.start();
  for (const warning of configuration.warnings) {
    logger.warn({ warning }, 'the configuration is good, and perhaps not what is meant');
  }
  if (checkConfig) {
    tellWhatIsBad(app);
    await app.close();
    await tracing?.close();
    return;
  }
  exitCode = 1;
  reloader.watch();
  closeOnSignal(app, configuration.shutdownTimeout, logger, () => {
    reloader.stop();
    return tracing?.close();
  });
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

/** A document that is bad does not keep control from starting, and yet it is what was asked about. */
function tellWhatIsBad(app: App): void {
  const problems = app.status().sources.flatMap((source) => source.problems);
  for (const { setting, message } of problems) process.stderr.write(`${setting}: ${message}\n`);
  if (problems.length === 0) process.stdout.write('the configuration is good\n');
  else process.exitCode = exitCode;
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
