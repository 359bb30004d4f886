import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { RunningPeer } from '../../tools/compare/peer.ts';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { findFreePorts } from '../../tools/launch/ports.ts';
import { RunningProcess } from '../../tools/launch/running-process.ts';
import { StartedParts } from '../../tools/launch/started-parts.ts';
import { HOSTS } from './callers.ts';
import { AUDIENCE, BROKER_CLIENT } from './oauth-server.ts';

/** Where a pod's credentials are; the peer looks nowhere else. */
const POD_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
const NAMESPACE = 'team-a';

export interface ExchangePeerOptions {
  readonly command: string;
  readonly directory: string;
  readonly tokenEndpoint: string;
}

/** Why ext-authz-token-exchange cannot be started here; undefined when it can. */
export function whatHindersExchangePeer(): string | undefined {
  if (process.getuid?.() !== 0) return `it reads ${POD_FOLDER}, which only root can make`;
  return existsSync(POD_FOLDER) ? `there is a ${POD_FOLDER} already` : undefined;
}

/** Starts ext-authz-token-exchange with a real API server, the only place where it reads policy. */
export async function startExchangePeer(options: ExchangePeerOptions): Promise<RunningPeer> {
  const parts = new StartedParts();
  try {
    const apiserver = parts.keep(await KubeApiserver.start());
    await writePolicy(apiserver);
    parts.keep(pretendToBeAPod(apiserver));
    const [port = 0] = await findFreePorts(1);
    const peer = new RunningProcess({
      name: 'ext-authz-token-exchange',
      command: options.command,
      parameters: [],
      environment: environmentOf(options, apiserver, port),
    });
    parts.keep(peer);
    await peer.waitUntil(() => connectTo(port));
    return { port, process: peer, stop: () => parts.stop() };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function writePolicy({ admin }: KubeApiserver): Promise<void> {
  const label = 'ext-authz-token-exchange.magneticflux.net';
  const match = { host: HOSTS.exchange, pathPrefix: '/' };
  const exchange = { issuerRef: 'bench', audiences: [AUDIENCE] };
  const document = { version: 'v1', entries: [{ match, action: 'exchange', exchange }] };
  await admin.apply(
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE, labels: { [`${label}/policy`]: 'enabled' } },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'orders', namespace: NAMESPACE, labels: { [`${label}/enabled`]: 'true' } },
      data: { 'config.yaml': JSON.stringify(document) },
    },
  );
}

function pretendToBeAPod({ adminToken, caFile }: KubeApiserver) {
  let made = POD_FOLDER;
  while (!existsSync(dirname(made))) made = dirname(made);
  const stop = () => rmSync(made, { recursive: true, force: true });
  process.once('exit', stop);
  mkdirSync(POD_FOLDER, { recursive: true });
  writeFileSync(join(POD_FOLDER, 'token'), adminToken);
  writeFileSync(join(POD_FOLDER, 'namespace'), NAMESPACE);
  copyFileSync(caFile, join(POD_FOLDER, 'ca.crt'));
  return { stop: async () => stop() };
}

function environmentOf({ directory, tokenEndpoint }: ExchangePeerOptions, { url }: KubeApiserver, port: number) {
  const file = join(directory, 'issuers.json');
  const client = { clientID: BROKER_CLIENT.id, clientSecret: BROKER_CLIENT.secret };
  writeFileSync(file, JSON.stringify({ issuers: [{ name: 'bench', tokenEndpoint, ...client }] }));
  return {
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: new URL(url).port,
    POD_NAMESPACE: NAMESPACE,
    GRPC_PORT: `${port}`,
    TOKEN_EXCHANGE_ISSUER_PROFILES_FILE: file,
    TOKEN_EXCHANGE_ALLOW_HTTP_TOKEN_ENDPOINT: 'true',
  };
}

function connectTo(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    }).once('error', reject);
  });
}
