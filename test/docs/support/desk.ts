import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeApiserver } from '../../../tools/launch/kube-apiserver.ts';
import type { Step } from '../../../tools/pages/steps.ts';
import { installCustomResources } from '../../helm/support/custom-resources.ts';
import { namespace } from '../../kubernetes/manifests.ts';
import { copyRepository, ROOT } from './copy.ts';
import { Reader } from './reader.ts';

/** Commands that pages name and a machine seldom has: what builds them. */
const BUILDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['func-e', ['tools/func-e/build.sh']],
  ['kubectl', ['tools/helm/build.sh', 'kubectl']],
  ['helm', ['tools/helm/build.sh', 'helm']],
  ['egctl', ['tools/envoy-gateway/build.sh', 'egctl']],
]);
const CLUSTER = ['kubectl', 'helm', 'egctl'];
/** What npm, make and vitest tell their children. */
const NOT_A_READERS = /^(?:npm_|VITEST|MAKE|MFLAGS|TEST_|NODE_ENV$|NODE_OPTIONS$|KUBECONFIG$|ENVOY_VERSION$)/;

/** Where one page is read: a clone that is built, a home, a cluster's API server where the page has commands for one. */
export class Desk {
  readonly reader: Reader;
  readonly #folder: string;
  readonly #apiserver: KubeApiserver | undefined;

  private constructor(folder: string, reader: Reader, apiserver: KubeApiserver | undefined) {
    this.#folder = folder;
    this.reader = reader;
    this.#apiserver = apiserver;
  }

  /** @param page the path of the page, from the root */
  static async prepare(page: string, steps: readonly Step[]): Promise<Desk> {
    const folder = join(ROOT, 'build/docs', page.replaceAll('/', '-'));
    rmSync(folder, { recursive: true, force: true });
    const [repository, home, bin] = ['envoy-token-broker', 'home', 'bin'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    for (const path of [repository, bin, join(home, '.kube')]) mkdirSync(path, { recursive: true });
    copyRepository(repository);
    const commands = listCommands(steps);
    for (const [name, [script = '', ...parameters]] of BUILDS) {
      if (commands.has(name)) symlinkSync(build(script, parameters), join(bin, name));
    }
    const apiserver = CLUSTER.some((name) => commands.has(name)) ? await KubeApiserver.start() : undefined;
    if (apiserver !== undefined) {
      await apiserver.admin.apply(namespace('default'));
      await installCustomResources(apiserver.admin);
      copyFileSync(apiserver.kubeconfigFile, join(home, '.kube/config'));
    }
    const environment = { ...describeReader(bin), HOME: home };
    return new Desk(folder, new Reader({ repository, notes: join(folder, 'notes'), environment }), apiserver);
  }

  async leave(): Promise<void> {
    await this.reader.leave();
    await this.#apiserver?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function listCommands(steps: readonly Step[]): Set<string> {
  const texts = steps.filter(({ kind }) => kind !== 'needs' && kind !== 'file').map(({ text }) => text);
  return new Set(texts.join('\n').match(/[\w-]+/g));
}

function build(script: string, parameters: readonly string[]): string {
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  return execFileSync('sh', [join(ROOT, script), ...parameters], { encoding: 'utf8', stdio: [...stdio] }).trim();
}

/** The environment of somebody at a terminal of this machine. What was downloaded and built stays where it is cached. */
function describeReader(bin: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !NOT_A_READERS.test(name));
  const folders = (process.env.PATH ?? '').split(delimiter).filter((path) => !path.includes('node_modules'));
  return {
    XDG_CACHE_HOME: join(homedir(), '.cache'),
    FUNC_E_DATA_HOME: join(homedir(), '.local/share/func-e'),
    ...Object.fromEntries(own),
    PATH: [bin, ...folders].join(delimiter),
  };
}
