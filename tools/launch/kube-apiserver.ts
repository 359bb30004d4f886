import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { KubernetesAdmin } from './kubernetes-admin.ts';
import { RunningProcess } from './running-process.ts';

const BUILD = fileURLToPath(new URL('../kube-apiserver/build.sh', import.meta.url));
const READY = /^\{"ready":true,"url":"https:\/\/127\.0\.0\.1:(\d+)"\}$/m;
const START_PATIENCE_MILLISECONDS = 90_000;

/**
 * A real Kubernetes API server. It has no controllers: service accounts are made by hand, pods never run, and a namespace
 * that is deleted never goes away.
 */
export class KubeApiserver {
  /** `https://127.0.0.1:<port>`, also the issuer of its tokens. */
  readonly url: string;
  /** The authority that signed its certificate, PEM. */
  readonly caFile: string;
  /** The administrator's. */
  readonly kubeconfigFile: string;
  readonly adminToken: string;
  /** The key that signs tokens of service accounts, PEM: whoever has it can make any. */
  readonly signingKeyFile: string;
  readonly admin: KubernetesAdmin;
  readonly #directory: string;
  readonly #remove: () => void;
  readonly #port: number;
  #process: RunningProcess;
  #earlierLog = '';

  private constructor(directory: string, remove: () => void, port: number, apiserver: RunningProcess) {
    this.url = `https://127.0.0.1:${port}`;
    this.caFile = join(directory, 'ca.crt');
    this.kubeconfigFile = join(directory, 'admin.kubeconfig');
    this.adminToken = readFileSync(join(directory, 'admin.token'), 'utf8');
    this.signingKeyFile = join(directory, 'service-account.key');
    this.admin = new KubernetesAdmin({
      url: this.url,
      ca: readFileSync(this.caFile, 'utf8'),
      token: this.adminToken,
    });
    this.#directory = directory;
    this.#remove = remove;
    this.#port = port;
    this.#process = apiserver;
  }

  /**
   * Starts one and waits until it is ready, building it first where that has not been done on this machine, which takes
   * minutes and Go.
   *
   * @param flags of Kubernetes' own kube-apiserver; they replace what the command sets itself
   * @throws {Error} with its log, when it ends or is not ready in time.
   */
  static async start(...flags: string[]): Promise<KubeApiserver> {
    const directory = mkdtempSync(join(tmpdir(), 'kube-apiserver-'));
    const remove = (): void => {
      rmSync(directory, { recursive: true, force: true });
      process.removeListener('exit', remove);
    };
    process.once('exit', remove);
    try {
      const { port, apiserver } = await launch(directory, 0, flags);
      return new KubeApiserver(directory, remove, port, apiserver);
    } catch (error) {
      remove();
      throw error;
    }
  }

  /** Everything it logged so far, before it went down too. */
  log(): string {
    return this.#earlierLog + this.#process.output();
  }

  /** Ends it for a while: objects, keys and tokens stay. */
  async goDown(): Promise<void> {
    await this.#process.stop();
  }

  /** Starts it again on its port, with these flags instead of the former ones. */
  async comeBack(...flags: string[]): Promise<void> {
    this.#earlierLog = this.log();
    this.#process = (await launch(this.#directory, this.#port, flags)).apiserver;
  }

  /** Ends it and removes all that it kept. */
  async stop(): Promise<void> {
    await Promise.all([this.#process.stop(), this.admin.close()]);
    this.#remove();
  }
}

async function launch(directory: string, port: number, flags: string[]) {
  const build = promisify(execFile)('sh', [BUILD]);
  build.child.stderr?.pipe(process.stderr);
  const { stdout } = await build;
  const apiserver = new RunningProcess({
    name: 'kube-apiserver',
    command: stdout.trim(),
    parameters: ['-directory', directory, '-port', `${port}`, '--', ...flags],
  });
  const ready = await apiserver.waitUntil(() => {
    const match = READY.exec(apiserver.output());
    if (match === null) throw new Error('it has not said that it is ready');
    return Number(match[1]);
  }, START_PATIENCE_MILLISECONDS);
  return { port: ready, apiserver };
}
