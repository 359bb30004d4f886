import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { RunningProcess } from '../launch/running-process.ts';

/** A client as Dex's own configuration writes it. */
export interface DexClient {
  readonly id: string;
  readonly secret?: string;
  readonly name?: string;
  readonly public?: boolean;
  /** Clients that may ask for tokens meant for this one, by the scope `audience:server:client_id:<id>`. */
  readonly trustedPeers?: readonly string[];
  readonly redirectURIs?: readonly string[];
  readonly postLogoutRedirectURIs?: readonly string[];
  /** `session`: refresh tokens end with the session that they come from. */
  readonly refreshTokenLifetime?: 'standalone' | 'session';
  readonly allowedConnectors?: readonly string[];
}

export interface DexOptions {
  /** 0, the default: any free port. */
  readonly port?: number;
  readonly clients: readonly DexClient[];
  /** Of every token, 300 by default. */
  readonly tokenLifetimeSeconds?: number;
  /** RS256 by default, as in Dex. */
  readonly algorithm?: 'RS256' | 'ES256';
  readonly grantTypes?: readonly string[];
  readonly users?: readonly object[];
  readonly connectors?: readonly object[];
  /** Single sign-on and `/logout`; off by default. */
  readonly sessions?: boolean;
  /** ID of one more connector, by which this Dex's own access tokens can be exchanged. */
  readonly exchangesOwnTokens?: string;
}

export interface Dex {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  /** What it has written so far. */
  log(): string;
  stop(): Promise<void>;
}

const BUILD = fileURLToPath(new URL('build.sh', import.meta.url));

/**
 * Starts a real Dex, building it first where that has not been done on this machine, which takes minutes and Go.
 *
 * @throws Error with Dex's log when it does not come up
 */
export async function startDex(options: DexOptions): Promise<Dex> {
  const build = promisify(execFile)('sh', [BUILD]);
  build.child.stderr?.pipe(process.stderr);
  const { stdout } = await build;

  const folder = await mkdtemp(join(tmpdir(), 'dex-'));
  const file = join(folder, 'dex.yaml');
  await writeFile(file, stringify(configurationOf(options)));
  const dex = new RunningProcess({ name: 'Dex', command: stdout.trim(), parameters: [file] });
  const stop = async () => {
    await dex.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const issuer = await dex.waitUntil(() => readIssuer(dex.output()));
    return { issuer, tokenEndpoint: `${issuer}/token`, jwksUri: `${issuer}/keys`, log: () => dex.output(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configurationOf(options: DexOptions): object {
  return {
    issuer: `http://127.0.0.1:${options.port ?? 0}/dex`,
    tokenLifetime: `${options.tokenLifetimeSeconds ?? 300}s`,
    algorithm: options.algorithm ?? 'RS256',
    grantTypes: options.grantTypes ?? ['client_credentials'],
    clients: options.clients.map((client) => ({ name: client.id, ...client })),
    users: options.users ?? [],
    connectors: options.connectors ?? [],
    sessions: options.sessions ?? false,
    ...(options.exchangesOwnTokens === undefined ? {} : { exchangesOwnTokens: options.exchangesOwnTokens }),
    logLevel: 'INFO',
  };
}

/** Reads the line of JSON that says it is ready. */
function readIssuer(output: string): string {
  const [line] = /^\{"issuer":.*"ready":true\}$/m.exec(output) ?? [];
  if (line === undefined) throw new Error('it is not ready');
  return (JSON.parse(line) as { issuer: string }).issuer;
}
