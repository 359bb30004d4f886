import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { createApp } from './app.ts';
import { helpText, readCommandLine } from './command-line.ts';
import { loadConfiguration } from './config/load.ts';
import { ConfigurationError } from './config/problems.ts';
import { createMinter } from './mint/minter.ts';
import { listen, readServerTls } from './server/listen.ts';
import { createLogger } from './server/logger.ts';
import { closeOnSignal } from './shutdown.ts';

const BAD_CONFIGURATION = 2;
const CANNOT_LISTEN = 1;

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const readVersion = () => JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

async function main(): Promise<void> {
  const { config, version, help, checkConfig } = readCommandLine(process.argv.slice(2));
  if (help || version) {
    process.stdout.write(help ? helpText() : `envoy-token-broker ${readVersion()}\n`);
    return;
  }
  const configuration = await loadConfiguration(process.env, readFileSync, config);
  const logger = createLogger(configuration.logLevel);
  const app = createApp({
    configuration,
    clock,
    logger,
    version: readVersion(),
    readFile: readFileSync,
    matcher: readFileSync(new URL('../build/matcher.wasm', import.meta.url)),
    createMinter: (issuers, observer) => createMinter(issuers, { clock, observer }),
    readTls: ({ tls }) => tls && readServerTls(tls),
  });
  if (checkConfig) {
    process.stdout.write('the configuration is good\n');
    return app.close();
  }
  for (const name of ['check', 'filter', 'admin'] as const) {
    const [server, listener] = [app[name], configuration.listeners[name]];
    if (server !== undefined && listener !== undefined) {
      logger.info({ listener: name, address: await listen(server, listener.address) }, 'listening');
    }
  }
  app.setReady(true);
  closeOnSignal(app, configuration.shutdownTimeout, logger);
  logger.info({ version: readVersion(), startupMs: Math.round(performance.now()) }, 'ready');
}

main().catch((error: unknown) => {
  const lines =
    error instanceof ConfigurationError
      ? error.problems.map(({ setting, message }) => `${setting}: ${message}`)
      : [String((error as Error).message)];
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(error instanceof ConfigurationError ? BAD_CONFIGURATION : CANNOT_LISTEN);
});
