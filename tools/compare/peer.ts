import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePorts } from '../launch/ports.ts';
import { RunningProcess } from '../launch/running-process.ts';

export type PeerName = 'dextokenbroker' | 'ext-authz-token-exchange';

const MAXIMUM_BYTES = 256 * 1024 * 1024;

export interface PeerBinary {
  readonly path: string;
  /** Removes what was unpacked. */
  stop(): Promise<void>;
}

/** The peer's binary in a folder, as it is or compressed; undefined when it is not there. */
export function findPeer(folder: string | undefined, name: PeerName = 'dextokenbroker'): PeerBinary | undefined {
  if (folder === undefined) return undefined;
  const path = join(folder, name);
  if (existsSync(path)) return { path, stop: async () => {} };
  if (!existsSync(`${path}.xz`)) return undefined;
  const unpacked = mkdtempSync(join(tmpdir(), 'peer-'));
  const target = join(unpacked, name);
  writeFileSync(target, execFileSync('xz', ['-dc', `${path}.xz`], { maxBuffer: MAXIMUM_BYTES }));
  chmodSync(target, 0o755);
  return { path: target, stop: async () => rmSync(unpacked, { recursive: true, force: true }) };
}

export interface RunningPeer {
  readonly port: number;
  readonly process: RunningProcess;
  stop(): Promise<void>;
}

/** Starts DexTokenBroker and waits until it serves. */
export async function startPeer(command: string, environment: Readonly<Record<string, string>>): Promise<RunningPeer> {
  const [port = 0] = await findFreePorts(1);
  const child = new RunningProcess({
    name: 'dextokenbroker',
    command,
    parameters: [],
    environment: { ...environment, LISTEN_ADDR: `127.0.0.1:${port}` },
  });
  await child.waitUntil(async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
    if (answer.status !== 200) throw new Error(await answer.text());
  });
  return { port, process: child, stop: () => child.stop() };
}
