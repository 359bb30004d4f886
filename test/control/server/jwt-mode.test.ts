import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { Case, Scenario, Surroundings } from '../../../tools/compare/case.ts';
import { keySetScenario, singleKeyScenario } from '../../../tools/compare/cases/key-set-cases.ts';
import { outageScenarios, providerScenario, secretScenario } from '../../../tools/compare/cases/provider-cases.ts';
import { tokenScenario } from '../../../tools/compare/cases/token-cases.ts';
import { findFreePorts } from '../../../tools/launch/ports.ts';
import { startKeySetServer } from '../../../tools/tokens/key-set-server.ts';
import { boot } from '../boot.ts';

/** What DexTokenBroker 0.9.1 answered to each request when the two were compared last. */
const RECORDED: Readonly<Record<string, Readonly<Record<string, number>>>> = JSON.parse(
  readFileSync(new URL('./jwt-mode.json', import.meta.url), 'utf8'),
);

const documents = new Map<string, string>();
const keys = await startKeySetServer((response, path) => {
  const text = documents.get(path);
  response.writeHead(text === undefined ? 404 : 200).end(text);
});
afterAll(() => keys.stop());
const [closedPort = 0] = await findFreePorts(1);
const surroundings: Surroundings = {
  url: keys.url,
  closedPort,
  publish: (name, document) => {
    documents.set(`/${name}`, document);
    return `${keys.url}/${name}`;
  },
};
const makers = [tokenScenario, keySetScenario, singleKeyScenario, providerScenario, secretScenario];
const scenarios: readonly Scenario[] = [...makers.map((make) => make(surroundings)), ...outageScenarios(surroundings)];

/** What ours should answer: as DexTokenBroker did, unless the difference is on purpose. */
function expected({ name }: Scenario, of: Case): number | undefined {
  return of.differs?.ours ?? RECORDED[name]?.[of.name];
}

describe.each(scenarios.map((scenario) => ({ ...scenario, scenario })))('$name', ({ scenario }) => {
  const booted = boot({
    environment: {
      ALLOW_INSECURE_DEX_URL: 'true',
      DEX_TOKEN_URL: 'http://127.0.0.1/token',
      STATIC_CLIENT_ID: 'client',
      STATIC_CLIENT_SECRET: 'secret',
      ...scenario.environment,
    },
  });
  booted.clock.advance(Date.now() - booted.clock.now());
  afterAll(() => booted.close());

  test.each(scenario.cases.map((of) => ({ of, name: of.name, status: expected(scenario, of) })))(
    '$name: $status',
    async ({ of, status }) => {
      const headers = Object.fromEntries(Object.entries(of.headers).map(([name, value]) => [name, value as string]));
      const answer = await booted.check?.inject({
        url: '/check',
        method: of.method === 'POST' ? 'POST' : 'GET',
        headers,
      });
      expect(status).toBeDefined();
      expect(answer?.statusCode).toBe(status);
    },
  );
});
