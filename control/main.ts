import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { App } from './app.ts';
import { assembleBroker, type Broker } from './broker.ts';
import { helpText, readCommandLine } from './command-line.ts';
import { runCommand } from './commands/run-command.ts';
import type { TokensmithFlags } from './config/tokensmith/flags.ts';
import { listen } from './server/listen.ts';
import { createLogger } from './server/logger.ts';
import { closeOnSignal } from './shutdown.ts';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** ms for which a check of the configuration waits for documents in Kubernetes. */
const PATIENCE = 10_000;

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
  const { config, version: asksVersion, help, checkConfig, printConfig } = readCommandLine(words);
  const version = readVersion();
  if (help || asksVersion) {
    process.stdout.write(help ? helpText() : `envoy-token-broker ${version}\n`);
    return;
  }
  if (printConfig && typeof config === 'object') {
    process.stdout.write(await printTokensmith(config));
    return;
  }
  const logger = createLogger('info');
  const broker = await assembleBroker({ environment: process.env, config, clock, logger, version });
  const { app, configuration } = broker;
  for (const warning of configuration.warnings) {
    logger.warn({ warning }, 'the configuration is good, and perhaps not what is meant');
  }
  broker.watch();
  if (checkConfig) {
    await tellWhatIsBad(broker);
    return;
  }
  exitCode = 1;
  closeOnSignal(app, configuration.shutdownTimeout, logger, broker.close.rest);
  if (app.reopenAudit !== undefined) process.on('SIGHUP', app.reopenAudit);
  for (const name of ['check', 'filter', 'grpc', 'grpcTls', 'admin', 'metrics'] as const) {
    const [server, listener] = [app[name], configuration.listeners[name]];
    if (server !== undefined && listener !== undefined) {
      await listen(server, name, listener.address);
    }
  }
  app.setReady(true);
  const cacheKey = configuration.cache.key === undefined ? 'random, not shared with other replicas' : 'configured';
  const complete = app.status().revision !== undefined;
  const startupMs = Math.round(performance.now());
  logger.info({ version, cacheKey, startupMs }, complete ? 'ready' : 'waits for policy documents in Kubernetes');
}

/** Only where it is asked for: loading schemas would slow down every start. */
async function printTokensmith(flags: TokensmithFlags): Promise<string> {
  const { stringify } = await import('yaml');
  const { writeDocument } = await import('./config/tokensmith/read-tokensmith.ts');
  return stringify(writeDocument(flags, readFileSync));
}

/** A document that is bad does not keep control from starting, and yet it is what was asked about. */
async function tellWhatIsBad({ app, close }: Broker): Promise<void> {
  await untilComplete(app);
  const { revision, sources, watches } = app.status();
  const problems = sources.flatMap((source) => source.problems);
  for (const { setting, message } of problems) process.stderr.write(`${setting}: ${message}\n`);
  if (revision === undefined) {
    const failing = watches.map(({ name, problem = 'has not been read' }) => `${name}: ${problem}`);
    process.stderr.write(`policy documents in Kubernetes cannot be read\n${failing.join('\n')}\n`);
  }
  if (problems.length === 0 && revision !== undefined) process.stdout.write('the configuration is good\n');
  else process.exitCode = exitCode;
  await close.decisions();
  await close.rest();
}

async function untilComplete(app: App): Promise<void> {
  const end = clock.monotonic() + PATIENCE;
  while (app.status().revision === undefined && clock.monotonic() < end) await delay(50);
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(exitCode);
});
