import { fileURLToPath } from 'node:url';
import { RunningProcess } from '../../tools/launch/running-process.ts';

/** What every token begins with, so that the backend can tell one. */
export const TOKEN_PREFIX = 'bench-token.';
/** What a secret begins with that the issuer refuses. */
export const WRONG = 'wrong';

export interface IssuerSettings {
  /** ms before each answer. */
  delay: number;
  /** Of tokens granted from now on, in seconds. */
  lifetime: number;
}

/** Token requests answered so far. */
export interface IssuerCounts {
  granted: number;
  refused: number;
  /** Wall clock, ms: the last thousand grants, oldest first. */
  grantedAt: number[];
}

export interface Issuer {
  readonly tokenEndpoint: string;
  readonly port: number;
  readonly process: RunningProcess;
  counts(): Promise<IssuerCounts>;
  set(settings: Partial<IssuerSettings>): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the issuer in a process of its own, because what it takes counts. */
export async function startIssuer(): Promise<Issuer> {
  const script = fileURLToPath(new URL('issuer-process.ts', import.meta.url));
  const issuer = new RunningProcess({ name: 'issuer', command: process.execPath, parameters: [script] });
  const port = await issuer.waitUntil(() => {
    const [line] = /^\d+$/m.exec(issuer.output()) ?? [];
    if (line === undefined) throw new Error('it has not said its port');
    return Number(line);
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    tokenEndpoint: `${url}/token`,
    port,
    process: issuer,
    counts: async () => (await (await fetch(`${url}/counts`)).json()) as IssuerCounts,
    set: async (settings) => {
      await (await fetch(`${url}/settings`, { method: 'POST', body: JSON.stringify(settings) })).arrayBuffer();
    },
    stop: () => issuer.stop(),
  };
}
