import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePorts } from './ports.ts';
import { RunningProcess } from './running-process.ts';

const ENSURE = fileURLToPath(new URL('../valkey/ensure.sh', import.meta.url));

/** A real Valkey server, or Redis where there is no other. */
export class Valkey {
  /** Where it listens on 127.0.0.1; with TLS where its settings say so. */
  readonly port: number;
  /** A socket of its own, always there. */
  readonly socketPath: string;
  readonly #directory: string;
  readonly #settings: readonly string[];
  readonly #remove: () => void;
  #process: RunningProcess | undefined;

  private constructor(port: number, directory: string, settings: readonly string[], remove: () => void) {
    [this.port, this.#directory, this.#settings, this.#remove] = [port, directory, settings, remove];
    this.socketPath = join(directory, 'socket');
  }

  /**
   * Starts one and waits until it listens.
   *
   * @param settings as on its command line: `--requirepass`, `secret`
   * @param port what `--port` is; 0 where `--tls-port` is it
   */
  static async start(settings: (port: number) => readonly string[] = () => []): Promise<Valkey> {
    const [port = 0] = await findFreePorts(1);
    const directory = mkdtempSync(join(tmpdir(), 'valkey-'));
    const remove = (): void => {
      rmSync(directory, { recursive: true, force: true });
      process.removeListener('exit', remove);
    };
    process.once('exit', remove);
    const valkey = new Valkey(port, directory, settings(port), remove);
    try {
      await valkey.comeBack();
      return valkey;
    } catch (error) {
      remove();
      throw error;
    }
  }

  /** Where SAVE writes what it holds. */
  get dumpFile(): string {
    return join(this.#directory, 'dump.rdb');
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal);
  }

  /** Ends it without warning: connections break, and what it held is lost. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#process?.waitForEnd();
  }

  /** Starts it again where it was, empty. */
  async comeBack(): Promise<void> {
    const command = execFileSync('sh', [ENSURE], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
    const port = this.#settings.includes('--port') ? [] : ['--port', String(this.port)];
    const place = ['--bind', '127.0.0.1', '--unixsocket', this.socketPath, '--dir', this.#directory];
    this.#process = new RunningProcess({
      name: 'valkey',
      command,
      parameters: [...port, ...place, '--save', '', '--appendonly', 'no', '--daemonize', 'no', ...this.#settings],
    });
    await this.#process.waitUntil(() => reach(this.port));
  }

  async stop(): Promise<void> {
    this.signal('SIGCONT');
    await this.#process?.stop();
    this.#remove();
  }
}

/** @throws Error when nobody listens */
function reach(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    }).on('error', reject);
  });
}
