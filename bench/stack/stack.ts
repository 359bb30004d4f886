import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningControl } from '../../tools/launch/control.ts';
import { type RunningEnvoy, startEnvoy } from '../../tools/launch/envoy.ts';
import { findFreePorts } from '../../tools/launch/ports.ts';
import { StartedParts } from '../../tools/launch/started-parts.ts';
import { bootstrapOf, type Path, type Upstream } from './bootstrap.ts';
import { type ControlOptions, startBenchControl } from './control.ts';
import { CLUSTERS, INJECTOR_SECRET } from './filters.ts';
import { type Issuer, startIssuer } from './issuer.ts';
import type { ExchangeServer } from './oauth-server.ts';

export interface StackOptions {
  readonly paths: readonly Path[];
  readonly control?: Partial<ControlOptions>;
  /** Whose callers' tokens are exchanged; without one, those policy entries lead to the issuer. */
  readonly exchange?: ExchangeServer;
  /** Of Envoy's worker threads; one by default, so that there is no chance in which of them serves. */
  readonly concurrency?: number;
}

/** Everything that serves requests: an issuer, control, and an Envoy that is backend too. */
export interface Stack {
  readonly issuer: Issuer;
  readonly control: RunningControl;
  readonly envoy: RunningEnvoy;
  /** By name. */
  readonly pids: Readonly<Record<string, number>>;
  /** A folder that is removed at the end. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** What was started before Envoy for Envoy to reach. */
export interface Helpers {
  readonly issuer: Issuer;
  readonly directory: string;
  readonly parts: StartedParts;
}

/**
 * @param reach starts what else Envoy is to reach, and says where it is
 */
export async function startStack(
  { paths, control: controlOptions, exchange, concurrency = 1 }: StackOptions,
  reach: (helpers: Helpers) => Promise<Upstream[]> = async () => [],
): Promise<Stack> {
  const parts = new StartedParts();
  try {
    const directory = mkdtempSync(join(tmpdir(), 'bench-'));
    parts.keep({ stop: async () => rmSync(directory, { recursive: true, force: true }) });
    const issuer = parts.keep(await startIssuer());
    const { tokenEndpoint } = issuer;
    const endpoints = { tokenEndpoint, ...(exchange && { exchangeEndpoint: exchange.tokenEndpoint }) };
    const control = parts.keep(await startBenchControl({ directory, ...endpoints, ...controlOptions }));
    const upstreams: Upstream[] = [
      { name: CLUSTERS.filter, port: control.filterPort },
      { name: CLUSTERS.check, port: control.checkPort },
      { name: CLUSTERS.grpc, port: control.grpcPort, http2: true },
      { name: CLUSTERS.issuer, port: issuer.port },
      ...(await reach({ issuer, directory, parts })),
    ];
    const [backendPort = 0] = await findFreePorts(1);
    const exchanging = exchange && { exchanging: exchange.caller.authorization };
    const configuration = bootstrapOf({ paths, upstreams, backendPort, secrets: [INJECTOR_SECRET], ...exchanging });
    const envoy = parts.keep(await startEnvoy({ configuration, concurrency }));
    const pids = { envoy: envoy.process.pid ?? 0, control: control.process.pid ?? 0, issuer: issuer.process.pid ?? 0 };
    return { issuer, control, envoy, pids, directory, stop: () => parts.stop() };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}
