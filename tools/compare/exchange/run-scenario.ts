import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseControlPorts, startControl } from '../../launch/control.ts';
import type { KubeApiserver } from '../../launch/kube-apiserver.ts';
import { findFreePorts } from '../../launch/ports.ts';
import { StartedParts } from '../../launch/started-parts.ts';
import type { Answer, Case, Scenario } from './case.ts';
import { CheckClient } from './check-client.ts';
import { startOriginal } from './original.ts';
import type { TokenEndpoint } from './token-endpoint.ts';

/** Machines are busy at times. An empty variable is the default. */
const PATIENCE = { TOKEN_ENDPOINT_REQUEST_TIMEOUT: '8s', TOKEN_ENDPOINT_RESPONSE_HEADER_TIMEOUT: '8s' };

const LABELS = 'ext-authz-token-exchange.magneticflux.net';

/** What both answered. */
export interface Outcome {
  readonly scenario: string;
  readonly of: Case;
  readonly theirs: Answer;
  readonly ours: Answer;
}

/** What all scenarios have in common. */
export interface Surroundings {
  readonly binary: string;
  readonly apiserver: KubeApiserver;
  readonly issuer: TokenEndpoint;
}

/** Starts both with a scenario's variables and policy, and asks both the same. */
export async function runScenario(scenario: Scenario, surroundings: Surroundings): Promise<Outcome[]> {
  const { binary, apiserver, issuer } = surroundings;
  const parts = new StartedParts();
  const folder = mkdtempSync(join(tmpdir(), 'compare-exchange-'));
  try {
    const environment = { ...writeEnvironment(folder, scenario, surroundings), ...scenario.environment };
    await writePolicy(apiserver, scenario);
    const [theirPort = 0] = await findFreePorts(1);
    const ports = await chooseControlPorts();
    parts.keep(await startOriginal(binary, folder, { ...environment, GRPC_PORT: `${theirPort}` }));
    const own = {
      GRPC_PORT: `${ports.grpcPort}`,
      SERVICE_ACCOUNT_FOLDER: folder,
      CACHE_MAX_ENTRIES: '0',
      LISTEN_ADDR: 'off',
    };
    parts.keep(await startControl({ ...environment, ...own, ISSUER_BREAKER_FAILURES: '1000' }, ports));
    return await askBoth(scenario, issuer, [theirPort, ports.grpcPort]);
  } finally {
    await parts.stop();
    rmSync(folder, { recursive: true });
  }
}

async function askBoth(
  { name, cases }: Scenario,
  issuer: TokenEndpoint,
  ports: readonly [number, number],
): Promise<Outcome[]> {
  const [theirs, ours] = [new CheckClient(ports[0]), new CheckClient(ports[1])];
  const outcomes: Outcome[] = [];
  for (const each of cases) {
    outcomes.push({
      ...{ scenario: name, of: each },
      theirs: await ask(theirs, each, issuer),
      ours: await ask(ours, each, issuer),
    });
  }
  theirs.close();
  ours.close();
  return outcomes;
}

async function ask(client: CheckClient, each: Case, issuer: TokenEndpoint): Promise<Answer> {
  issuer.takeRequests();
  const { status, body, headers } = await client.check(each);
  return {
    status: `${status}`,
    body: `${headers.get('content-type') ?? ''} ${body}`.trim(),
    challenge: headers.get('www-authenticate') ?? '',
    authorization: headers.get('authorization') ?? '',
    tokenRequest: issuer.takeRequests(),
  };
}

/** The environment of both, and what a pod would find in its files. */
function writeEnvironment(folder: string, { name, profile }: Scenario, { apiserver, issuer }: Surroundings) {
  writeFileSync(join(folder, 'token'), apiserver.adminToken);
  writeFileSync(join(folder, 'namespace'), namespaceOf(name));
  copyFileSync(apiserver.caFile, join(folder, 'ca.crt'));
  const primary = {
    ...{ name: 'primary', tokenEndpoint: issuer.url, clientID: 'broker', clientSecret: 'broker-secret' },
    ...profile,
  };
  const profiles = join(folder, 'issuers.yaml');
  writeFileSync(profiles, JSON.stringify({ issuers: [primary] }));
  const { hostname, port } = new URL(apiserver.url);
  return {
    ...{ KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
    ...PATIENCE,
    TOKEN_EXCHANGE_ISSUER_PROFILES_FILE: profiles,
    TOKEN_EXCHANGE_ALLOW_HTTP_TOKEN_ENDPOINT: 'true',
    CONFIGMAP_NAMESPACE_SELECTOR: `${LABELS}/policy=enabled,scenario=${namespaceOf(name)}`,
  };
}

async function writePolicy({ admin }: KubeApiserver, { name, documents }: Scenario): Promise<void> {
  const namespace = namespaceOf(name);
  const labels = { [`${LABELS}/policy`]: 'enabled', scenario: namespace };
  await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } });
  for (const [configMap, content] of Object.entries(documents)) {
    const text = typeof content === 'string' ? content : JSON.stringify({ version: 'v1', entries: content });
    await admin.apply({
      ...{ apiVersion: 'v1', kind: 'ConfigMap' },
      metadata: { namespace, name: configMap, labels: { [`${LABELS}/enabled`]: 'true' } },
      data: { 'config.yaml': text },
    });
  }
}

function namespaceOf(scenario: string): string {
  return scenario.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}
