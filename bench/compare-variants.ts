import { request } from 'node:http';
import { findPeer, type PeerName, startPeer } from '../tools/compare/peer.ts';
import { StartedParts } from '../tools/launch/started-parts.ts';
import { runFixedRate } from './load/h2load.ts';
import { writeScript } from './load/scripts.ts';
import type { Target } from './load/wrk.ts';
import { type Contender, type Cost, measureInRounds } from './measure/rounds.ts';
import { quantile } from './measure/statistics.ts';
import type { Upstream } from './stack/bootstrap.ts';
import { startExchangePeer, whatHindersExchangePeer } from './stack/exchange-peer.ts';
import { CLUSTERS } from './stack/filters.ts';
import { type ExchangeServer, startExchangeServer } from './stack/oauth-server.ts';
import { type Helpers, type Stack, startStack } from './stack/stack.ts';
import { listVariants, type Variant, type VariantName } from './variants.ts';

/** Requests a second at which latency is measured: less than any variant gets through on a small machine. */
export const FIXED_RATE = 400;

export interface Latency {
  /** ms */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export interface Measured {
  readonly variant: Variant;
  /** Why it was not measured. */
  readonly notRun?: string;
  readonly cost?: Cost;
  readonly latency?: Latency;
}

interface Extent {
  readonly rounds: number;
  /** At the fixed rate. */
  readonly seconds: number;
}

/** Measures every variant beside the others, in one Envoy. */
export async function compareVariants(
  peers: string | undefined,
  { rounds, seconds }: Extent,
  tell: (line: string) => void,
): Promise<Measured[]> {
  const pids: Partial<Record<PeerName, number>> = {};
  const absent: Partial<Record<PeerName, string>> = {};
  const parts = new StartedParts();
  try {
    const exchange = parts.keep(await startExchangeServer());
    const all = listVariants(exchange.caller);
    const stack = parts.keep(
      await startStack({ paths: all, exchange }, (helpers) => reachPeers(peers, exchange, helpers, pids, absent)),
    );
    const running = all.filter(({ peer }) => peer === undefined || absent[peer] === undefined);
    const processes = { ...stack.pids, ...pids, 'oauth-server': exchange.process.pid ?? 0 };
    for (const variant of running) await verify(variant, stack);
    const costs = await measureInRounds(
      running.map((variant) => contenderOf(variant, stack, processes)),
      rounds,
      tell,
    );
    const latencies = new Map<VariantName, Latency>();
    for (const variant of running) latencies.set(variant.name, await measureLatency(variant, stack, seconds));
    return all.map((variant) => {
      const cost = costs.get(variant.name);
      const latency = latencies.get(variant.name);
      const notRun = variant.peer && absent[variant.peer];
      return { variant, ...(notRun && { notRun }), ...(cost && { cost }), ...(latency && { latency }) };
    });
  } finally {
    await parts.stop();
  }
}

/** Starts the peers whose binaries are there. */
async function reachPeers(
  folder: string | undefined,
  exchangeServer: ExchangeServer,
  { issuer: { tokenEndpoint }, directory, parts }: Helpers,
  pids: Partial<Record<PeerName, number>>,
  absent: Partial<Record<PeerName, string>>,
): Promise<Upstream[]> {
  const upstreams: Upstream[] = [];
  const dexTokenBroker = findPeer(folder, 'dextokenbroker');
  if (dexTokenBroker === undefined) absent.dextokenbroker = NO_BINARY;
  else {
    parts.keep(dexTokenBroker);
    const environment = { DEX_TOKEN_URL: tokenEndpoint, ALLOW_INSECURE_DEX_URL: 'true', LOG_LEVEL: 'warn' };
    const { port, process } = parts.keep(await startPeer(dexTokenBroker.path, environment));
    pids.dextokenbroker = process.pid ?? 0;
    upstreams.push({ name: CLUSTERS.dexTokenBroker, port });
  }
  const exchange = findPeer(folder, 'ext-authz-token-exchange');
  const hindrance = exchange === undefined ? NO_BINARY : whatHindersExchangePeer();
  if (exchange === undefined || hindrance !== undefined) absent['ext-authz-token-exchange'] = hindrance ?? NO_BINARY;
  else {
    parts.keep(exchange);
    const options = { command: exchange.path, directory, tokenEndpoint: exchangeServer.tokenEndpoint };
    const { port, process } = parts.keep(await startExchangePeer(options));
    pids['ext-authz-token-exchange'] = process.pid ?? 0;
    upstreams.push({ name: CLUSTERS.exchangePeer, port, http2: true });
  }
  // Envoy refuses a filter whose cluster it does not know.
  const [first, second] = [CLUSTERS.dexTokenBroker, CLUSTERS.exchangePeer];
  const known = new Set(upstreams.map(({ name }) => name));
  return [...upstreams, ...[first, second].filter((name) => !known.has(name)).map((name) => ({ name, port: 9 }))];
}

const NO_BINARY = 'its binary is not there (PEERS=folder)';

function targetOf({ name, host, headers, keys }: Variant, stack: Stack): Target {
  return { port: stack.envoy.ports[name] ?? 0, host, headers, ...(keys && { path: '/0' }) };
}

function contenderOf(variant: Variant, stack: Stack, processes: Record<string, number>): Contender<VariantName> {
  const { name, keys } = variant;
  const script = keys && writeScript(stack.directory, 'paths', keys);
  const pids = ['envoy', ...variant.processes].map((each) => [each, processes[each] ?? 0]);
  return {
    name,
    load: { ...targetOf(variant, stack), seconds: 1, ...(script && { script }) },
    pids: Object.fromEntries(pids),
  };
}

/** @throws Error when the backend does not receive what the variant is there for */
async function verify(variant: Variant, stack: Stack): Promise<void> {
  const { port, host, headers } = targetOf(variant, stack);
  // Policy for paths knows no /verify: such a variant is only seen to let its requests through.
  const path = variant.keys ? '/0' : variant.exchanges ? '/exchanged' : '/verify';
  const expected = variant.keys ? 'ok' : variant.injects ? 'token' : 'no token';
  const got = await new Promise<string>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, headers: { ...headers, host } };
    request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
  if (got !== expected) throw new Error(`${variant.name}: the backend says "${got}" and not "${expected}"`);
}

async function measureLatency(variant: Variant, stack: Stack, seconds: number): Promise<Latency> {
  const paths = variant.keys ? Array.from({ length: variant.keys }, (_, n) => `/${n}`) : ['/'];
  const samples = await runFixedRate({ ...targetOf(variant, stack), paths, rate: FIXED_RATE, seconds });
  const failed = samples.filter(({ status }) => status !== 200).length;
  if (failed > 0) throw new Error(`${variant.name}: ${failed} of ${samples.length} requests failed`);
  const latencies = samples.map(({ latency }) => latency);
  return { p50: quantile(latencies, 0.5), p90: quantile(latencies, 0.9), p99: quantile(latencies, 0.99) };
}
