/**
 * Shows the token broker at work: `node tools/demo/main.ts [scenario] [--once]`.
 *
 * Without --once everything stays up for requests of one's own until Ctrl-C. The exit code is 1 when anything is not as it
 * should be, and no process is left behind either way.
 */
import { parseArgs } from 'node:util';
import { StartedParts } from '../launch/started-parts.ts';
import { showClientCredentials } from './client-credentials.ts';
import { showClusters } from './clusters.ts';
import { showLogin } from './login.ts';
import { Page } from './page.ts';
import type { Scenario } from './scenario.ts';
import { showTokenExchange } from './token-exchange.ts';

const SCENARIOS: Record<string, Scenario> = {
  main: showClientCredentials,
  exchange: showTokenExchange,
  login: showLogin,
  clusters: showClusters,
};

const { values, positionals } = parseArgs({
  options: { once: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const name = positionals[0] ?? 'main';
const scenario = SCENARIOS[name];
const parts = new StartedParts();
const page = new Page(process.stdout);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    page.line(`\nstopping (${signal})`);
    void parts.stop().finally(() => process.exit(signal === 'SIGINT' ? 0 : 143));
  });
}

if (scenario === undefined) {
  console.error(`there is no demo "${name}"; there are: ${Object.keys(SCENARIOS).join(', ')}`);
  process.exitCode = 2;
} else {
  try {
    await scenario(parts, page);
    if (page.failures > 0) process.exitCode = 1;
    if (values.once) await parts.stop();
    else page.line('Ctrl-C stops everything.');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
    await parts.stop();
  }
}
