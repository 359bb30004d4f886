import { fileURLToPath } from 'node:url';
import { findFreePorts } from './ports.ts';
import { RunningProcess } from './running-process.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface RunningControl {
  /** The port of `/check` (LISTEN_ADDR). */
  checkPort: number;
  /** The port of `/v1/routes` and `/v1/decide` (FILTER_LISTEN_ADDR). */
  filterPort: number;
  /** The port of `/readyz` and `/metrics` (ADMIN_LISTEN_ADDR). */
  adminPort: number;
  /** A port for GRPC_LISTEN_ADDR, which is off unless its environment says otherwise. */
  grpcPort: number;
  process: RunningProcess;
  /** Everything it logged so far. */
  log(): string;
  stop(): Promise<void>;
}

export type ControlPorts = Pick<RunningControl, 'checkPort' | 'filterPort' | 'adminPort' | 'grpcPort'>;

/** Chooses ports for a control, so that one can be stopped and another started in its place. */
export async function chooseControlPorts(): Promise<ControlPorts> {
  const [checkPort = 0, filterPort = 0, adminPort = 0, grpcPort = 0] = await findFreePorts(4);
  return { checkPort, filterPort, adminPort, grpcPort };
}

/**
 * Starts control and waits until it is ready.
 *
 * @param environment Its variables; nothing of ours reaches it but PATH and HOME, so that no test depends on the shell.
 * @param words What its command line holds.
 * @throws {Error} with control's log, when it ends or is not ready in time.
 */
export async function startControl(
  environment: Record<string, string>,
  chosen?: ControlPorts,
  words: readonly string[] = [],
): Promise<RunningControl> {
  const ports = chosen ?? (await chooseControlPorts());
  const { PATH, HOME } = process.env;
  const control = new RunningProcess({
    name: 'control',
    command: process.execPath,
    parameters: ['control/main.ts', ...words],
    directory: ROOT,
    environment: {
      ...{ PATH, HOME },
      LISTEN_ADDR: `127.0.0.1:${ports.checkPort}`,
      FILTER_LISTEN_ADDR: `127.0.0.1:${ports.filterPort}`,
      ADMIN_LISTEN_ADDR: `127.0.0.1:${ports.adminPort}`,
      ...environment,
    },
  });
  await control.waitUntil(async () => {
    const answer = await fetch(`http://127.0.0.1:${ports.adminPort}/readyz`);
    if (answer.status !== 200) throw new Error(await answer.text());
  });
  return { ...ports, process: control, log: () => control.output(), stop: () => control.stop() };
}
