import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import { stringify } from 'yaml';
import { ENVOY_VERSION } from '../envoy/version.ts';
import { startControl } from '../launch/control.ts';
import { type RunningEnvoy, startEnvoy } from '../launch/envoy.ts';
import { EnvoyConfiguration } from '../launch/envoy-configuration.ts';
import { IdentityClusters, readShippedEntry } from '../launch/identity-clusters.ts';
import type { KubeApiserver } from '../launch/kube-apiserver.ts';
import type { StartedParts } from '../launch/started-parts.ts';
import { type Exchange, openExchange, type TimedAnswer } from './exchange.ts';
import type { Page } from './page.ts';
import type { Scenario } from './scenario.ts';

const BUILD = fileURLToPath(new URL('../kube-apiserver/build.sh', import.meta.url));
const ACCOUNT = 'system:serviceaccount:shop:cart';
/** Whoever has a token may ask an API server for whom it takes them: nobody needs rights for it. */
const SELF_REVIEW = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const QUESTION = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });

interface Stage {
  clusters: IdentityClusters;
  envoy: RunningEnvoy;
  decisions(): Promise<number>;
}

/** A service account of one cluster reaches the API server of another as an account of that one. */
export const showClusters: Scenario = async (parts, page) => {
  const stage = await start(parts, page);
  const exchange = parts.keep(openExchange(stage.envoy.port));
  const { clusters } = stage;
  const token = await clusters.callerToken();

  page.heading('1. The token of a pod in the workload cluster');
  const { iss, sub, aud } = decodeJwt(token);
  page.facts('its claims', [`iss: ${iss}`, `sub: ${sub}`, `aud: ${aud}`]);

  page.heading('2. It asks the API server of the management cluster who it is, through Envoy');
  const first = await ask(exchange, page, token);
  page.check('the management cluster takes it for its own account of that name', usernameIn(first) === ACCOUNT);
  page.heading('3. Again: the filter answers from its cache');
  const decided = await stage.decisions();
  const second = await ask(exchange, page, token);
  page.check(
    'control was not asked',
    usernameIn(second) === ACCOUNT && decided > 0 && (await stage.decisions()) === decided,
  );

  page.heading('4. What is refused');
  await showRefused(
    exchange,
    page,
    'a token for another audience',
    401,
    await clusters.callerToken({ audiences: ['x'] }),
  );
  await showRefused(exchange, page, "the management cluster's administrator", 401, clusters.management.adminToken);
  await showRefused(exchange, page, 'no token at all', 401, undefined);
  const reviewer = await clusters.callerToken({ namespace: 'token-broker', name: 'token-reviewer' });
  await showRefused(exchange, page, 'an account in a namespace that policy does not name', 403, reviewer);

  page.heading('5. The workload cluster is down');
  await clusters.workload.goDown();
  const during = await ask(exchange, page, token);
  page.check('a caller that is known goes on, for 60 s at most', usernameIn(during) === ACCOUNT);
  await clusters.workload.comeBack();
  showWhatToTry(stage, page, token);
};

async function start(parts: StartedParts, page: Page): Promise<Stage> {
  page.heading('Starting');
  await buildApiserver();
  const clusters = parts.keep(await IdentityClusters.start());
  page.facts('workload cluster', [`${clusters.workload.url} (kube-apiserver)`]);
  page.facts('management cluster', [`${clusters.management.url} (kube-apiserver)`]);
  const directory = mkdtempSync(join(tmpdir(), 'envoy-token-broker-demo-'));
  parts.keep({ stop: async () => rmSync(directory, { recursive: true, force: true }) });
  const file = join(directory, 'control.yaml');
  const { kubernetes, ...entry } = readShippedEntry();
  const policy = { unmatched: 'deny', entries: [{ ...entry, match: {}, kubernetes }] };
  writeFileSync(file, stringify({ version: 'v1', clusters: clusters.clusters, policy }));
  const control = parts.keep(await startControl({ CONFIG_FILE: file }));
  page.facts('control', [`http://127.0.0.1:${control.filterPort} for the filter`]);
  const envoy = parts.keep(await startEnvoy({ configuration: leadingTo(clusters.management, control.filterPort) }));
  page.facts(`Envoy ${ENVOY_VERSION}`, [
    `http://127.0.0.1:${envoy.port} with the filter, 2 workers`,
    'its backend is the API server of the management cluster',
  ]);
  return { clusters, envoy, decisions: () => countDecisions(control.adminPort) };
}

/** @throws Error that says what is missing here; why, the build itself has said */
async function buildApiserver(): Promise<void> {
  const build = spawn('sh', [BUILD], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(build, 'exit');
  if (code !== 0) throw new Error('this demo shows two API servers of Kubernetes, and they could not be built');
}

function leadingTo({ url, caFile }: KubeApiserver, filterPort: number): EnvoyConfiguration {
  const configuration = EnvoyConfiguration.shipped('token-broker')
    .setPort('token-broker', filterPort)
    .setPort('backend', Number(new URL(url).port));
  configuration.cluster('backend').transport_socket = {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      common_tls_context: { validation_context: { trusted_ca: { filename: caFile } } },
    },
  };
  return configuration;
}

async function countDecisions(adminPort: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const samples = text.matchAll(/^token_broker_decisions_total\{[^}]*\} (\d+)$/gm);
  return [...samples].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function ask(exchange: Exchange, page: Page, token: string): Promise<TimedAnswer> {
  const answer = await send(exchange, token);
  page.facts('the API server says', [usernameIn(answer) ?? `${answer.status} ${answer.body.trim()}`]);
  page.facts('after', [`${answer.milliseconds.toFixed(1)} ms`]);
  return answer;
}

function send(exchange: Exchange, token: string | undefined): Promise<TimedAnswer> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  return exchange.send(SELF_REVIEW, headers, QUESTION);
}

/** For whom the API server takes the caller. */
function usernameIn({ status, body }: TimedAnswer): string | undefined {
  return status === 201 ? JSON.parse(body).status.userInfo.username : undefined;
}

async function showRefused(
  exchange: Exchange,
  page: Page,
  what: string,
  status: number,
  token: string | undefined,
): Promise<void> {
  const answer = await send(exchange, token);
  page.check(`${what}: ${answer.status} ${answer.body.trim()}`, answer.status === status);
}

function showWhatToTry({ envoy, clusters }: Stage, page: Page, token: string): void {
  page.heading('To try in another terminal');
  page.facts("the caller's token", [`TOKEN=${token}`]);
  page.facts('through Envoy', [
    `curl -i http://127.0.0.1:${envoy.port}${SELF_REVIEW} -H "authorization: Bearer $TOKEN" \\`,
    `  -H 'content-type: application/json' -d '${QUESTION}'`,
  ]);
  page.facts('not through Envoy', [
    `curl -ik ${clusters.management.url}${SELF_REVIEW} -H "authorization: Bearer $TOKEN" \\`,
    `  -H 'content-type: application/json' -d '${QUESTION}'`,
  ]);
  page.line();
}
