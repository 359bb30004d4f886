/**
 * Sends the same requests in JWT mode to DexTokenBroker 0.9.1, to our `/check` and through Envoy with the filter, and says
 * where they differ: `make compare PEERS=<folder with the binary dextokenbroker>`. Without the binary it does not run.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startEchoBackend } from '../launch/echo-backend.ts';
import { findFreePorts } from '../launch/ports.ts';
import { StartedParts, type Stoppable } from '../launch/started-parts.ts';
import { startKeySetServer } from '../tokens/key-set-server.ts';
import type { Scenario, Surroundings } from './case.ts';
import { keySetScenario, singleKeyScenario } from './cases/key-set-cases.ts';
import { outageScenarios, providerScenario, secretScenario } from './cases/provider-cases.ts';
import { tokenScenario } from './cases/token-cases.ts';
import { findPeer } from './peer.ts';
import { formatReport, verdictOf } from './report.ts';
import { runInShadow } from './run-in-shadow.ts';
import { type Outcome, runScenario } from './run-scenario.ts';

const peer = findPeer(process.argv[2] || undefined);
if (peer === undefined) {
  console.log('not run: there is no dextokenbroker; give its folder with make compare PEERS=<folder>');
} else {
  const parts = new StartedParts();
  parts.keep(peer);
  try {
    const backend = parts.keep(await startEchoBackend()).port;
    const tokenEndpoint = parts.keep(await startTokenEndpoint()).url;
    const outcomes = await compare(peer.path, { tokenEndpoint, backend }, parts);
    console.log(formatReport(outcomes));
    const { requests, agreed, different, unknown } = await runInShadow(peer.path, { tokenEndpoint, backend });
    console.log(`in shadow: ${requests} requests: ${agreed} agreed, ${different} different, ${unknown} not comparable`);
    if (different > 0 || outcomes.some((outcome) => verdictOf(outcome) === 'DIFFERENT')) process.exitCode = 1;
  } finally {
    await parts.stop();
  }
}

async function compare(
  binary: string,
  ports: { readonly tokenEndpoint: string; readonly backend: number },
  parts: StartedParts,
): Promise<Outcome[]> {
  const scenarios = scenariosIn(await startSurroundings(parts));
  const outcomes: Outcome[] = [];
  for (const scenario of scenarios) {
    console.error(`${scenario.name}: ${scenario.cases.length} requests`);
    outcomes.push(...(await runScenario(scenario, binary, ports)));
  }
  return outcomes;
}

function scenariosIn(surroundings: Surroundings): readonly Scenario[] {
  const makers = [tokenScenario, keySetScenario, singleKeyScenario, providerScenario, secretScenario];
  return [...makers.map((make) => make(surroundings)), ...outageScenarios(surroundings)];
}

async function startSurroundings(parts: StartedParts): Promise<Surroundings> {
  const documents = new Map<string, string>();
  const { url } = parts.keep(
    await startKeySetServer((response, path) => {
      const text = documents.get(path);
      response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(text);
    }),
  );
  const [closedPort = 0] = await findFreePorts(1);
  const publish = (name: string, document: string) => {
    documents.set(`/${name}`, document);
    return `${url}/${name}`;
  };
  return { url, closedPort, publish };
}

/** Grants everybody a token. */
async function startTokenEndpoint(): Promise<Stoppable & { readonly url: string }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"access_token":"token","token_type":"bearer","expires_in":300}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/token`,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
