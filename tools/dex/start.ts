import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';

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
  /** The end of what it has written to its log, 64 KiB at most. */
  log(): string;
  stop(): Promise<void>;
}

const BUILD = fileURLToPath(new URL('build.sh', import.meta.url));
const MAXIMUM_LOG = 64 * 1024;

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
  const child = spawn(stdout.trim(), [file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    log = (log + part).slice(-MAXIMUM_LOG);
  });
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };

  try {
    const issuer = await readIssuer(child);
    return { issuer, tokenEndpoint: `${issuer}/token`, jwksUri: `${issuer}/keys`, log: () => log, stop };
  } catch (error) {
    await stop();
    throw new Error(`Dex did not start: ${log}`, { cause: error });
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

/** Waits for the line of JSON that says it is ready. */
async function readIssuer(child: ChildProcess & { readonly stdout: NodeJS.ReadableStream }): Promise<string> {
  for await (const line of createInterface({ input: child.stdout })) {
    const { issuer } = JSON.parse(line) as { issuer: string };
    child.stdout.resume();
    return issuer;
  }
  throw new Error('it ended');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(force);
}
