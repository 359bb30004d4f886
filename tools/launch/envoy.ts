import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureEnvoy } from '../envoy/ensure.ts';
import type { EnvoyConfiguration } from './envoy-configuration.ts';
import { RunningProcess } from './running-process.ts';

export interface EnvoyOptions {
  configuration: Pick<EnvoyConfiguration, 'bootstrap' | 'listener'>;
  /** Worker threads; two by default, so that what is per worker shows. */
  concurrency?: number;
  /** Further command-line parameters. */
  parameters?: string[];
}

/** A running Envoy. Its ports were chosen by the system and read back, so none can be taken by someone else. */
export interface RunningEnvoy {
  /** The port of the first listener, on 127.0.0.1. */
  port: number;
  /** The ports of all listeners by name. */
  ports: Record<string, number>;
  /** `http://127.0.0.1:<port>` of the admin interface. */
  adminUrl: string;
  process: RunningProcess;
  /** Everything it logged so far, at info; access log included. */
  log(): string;
  stop(): Promise<void>;
}

interface ListenerStatus {
  name: string;
  local_address: { socket_address: { port_value: number } };
}

/**
 * Starts Envoy and waits until it serves.
 *
 * @throws {Error} with Envoy's log, when it ends or is not ready in time.
 */
export async function startEnvoy({
  configuration,
  concurrency = 2,
  parameters = [],
}: EnvoyOptions): Promise<RunningEnvoy> {
  const directory = mkdtempSync(join(tmpdir(), 'envoy-token-broker-'));
  const file = join(directory, 'envoy.json');
  const addressFile = join(directory, 'admin-address');
  writeFileSync(file, JSON.stringify(configuration.bootstrap, null, 2));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  const envoy = new RunningProcess({
    name: 'envoy',
    command: await ensureEnvoy(),
    parameters: [
      ...['--config-path', file, '--admin-address-path', addressFile, '--concurrency', `${concurrency}`],
      // Hot restart needs shared memory under a number that two Envoys on one machine would fight over.
      ...['--disable-hot-restart', '--log-level', 'info', '--drain-time-s', '1', ...parameters],
    ],
  });
  const stop = async (): Promise<void> => {
    await envoy.stop();
    remove();
    process.removeListener('exit', remove);
  };
  try {
    const adminUrl = await envoy.waitUntil(async () => {
      const url = `http://${readFileSync(addressFile, 'utf8').trim()}`;
      const answer = await fetch(`${url}/ready`);
      if (answer.status !== 200) throw new Error(await answer.text());
      return url;
    });
    const ports = await readPorts(adminUrl);
    const port = ports[configuration.listener().name];
    if (port === undefined) throw new Error(`envoy does not listen:\n${envoy.output()}`);
    return { port, ports, adminUrl, process: envoy, log: () => envoy.output(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readPorts(adminUrl: string): Promise<Record<string, number>> {
  const answer = await fetch(`${adminUrl}/listeners?format=json`);
  const { listener_statuses = [] } = (await answer.json()) as { listener_statuses?: ListenerStatus[] };
  return Object.fromEntries(
    listener_statuses.map((status) => [status.name, status.local_address.socket_address.port_value]),
  );
}
