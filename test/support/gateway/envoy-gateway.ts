import { execFileSync } from 'node:child_process';
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { ensureEnvoy } from '../../../tools/envoy/ensure.ts';
import { ENVOY_VERSION } from '../../../tools/envoy/version.ts';
import { eventually } from '../../../tools/launch/eventually.ts';
import { RunningProcess } from '../../../tools/launch/running-process.ts';
import { binaryOf } from './binaries.ts';
import { requireFixedPorts } from './fixed-ports.ts';
import { type Manifest, readShipped } from './manifests.ts';

const START_MILLISECONDS = 60_000;

/** The real Envoy Gateway without Kubernetes: its resources are files, and Envoy is a process on this machine. */
export class EnvoyGateway {
  readonly #directory: string;
  readonly #process: RunningProcess;

  private constructor(directory: string, process: RunningProcess) {
    this.#directory = directory;
    this.#process = process;
  }

  /**
   * Starts it with resources that may depend on where Envoy's certificates are, and waits until its Envoy serves.
   *
   * @throws {Error} when a port that it needs is taken, or with its log when it does not come up
   */
  static async start(resources: (certificates: string) => Readonly<Record<string, Manifest[]>>): Promise<EnvoyGateway> {
    // Those of a Gateway that has just been stopped may take a moment.
    await eventually(requireFixedPorts, 5_000);
    const directory = mkdtempSync(join(tmpdir(), 'envoy-gateway-'));
    try {
      const command = binaryOf('envoy-gateway');
      for (const folder of ['resources', 'home']) mkdirSync(join(directory, folder));
      execFileSync(command, ['certgen', '--local', '--config-home', join(directory, 'config')], { stdio: 'pipe' });
      provideEnvoy(directory, await ensureEnvoy());
      for (const [name, documents] of Object.entries(resources(join(directory, 'config/certs/envoy')))) {
        write(directory, name, documents);
      }
      const file = join(directory, 'envoy-gateway.yaml');
      writeFileSync(file, stringify(configurationOf(directory)));
      const { PATH } = process.env;
      const running = new RunningProcess({
        name: 'envoy-gateway',
        command,
        parameters: ['server', '--config-path', file],
        // It keeps modules under its home.
        environment: { PATH, HOME: join(directory, 'home') },
      });
      const gateway = new EnvoyGateway(directory, running);
      await running.waitUntil(() => gateway.#requireReady(), START_MILLISECONDS);
      return gateway;
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** `http://127.0.0.1:<port>` of the admin interface of its Envoy. */
  get adminUrl(): string {
    const [file] = globSync(join(this.#directory, 'runtime/*/admin-address.txt'));
    if (file === undefined) throw new Error('Envoy does not run yet');
    return `http://${readFileSync(file, 'utf8').trim()}`;
  }

  /** SHA-256 of each module of the listeners that are at work. */
  async loadedModules(): Promise<string[]> {
    const answer = await fetch(`${this.adminUrl}/config_dump?resource=dynamic_listeners&mask=active_state`);
    const digests = [...(await answer.text()).matchAll(/"sha256": "([0-9a-f]{64})"/g)].map(([, digest = '']) => digest);
    return [...new Set(digests)];
  }

  /**
   * Adds a file of resources, or changes one, which is taken up within seconds. Envoy Gateway merges each resource of the same name
   * into what it holds, so a field that is gone from the file stays; a resource that is gone goes.
   */
  apply(name: string, documents: readonly Manifest[]): void {
    write(this.#directory, name, documents);
  }

  /** Takes a file of resources away. */
  remove(name: string): void {
    rmSync(resourceFile(this.#directory, name));
  }

  /** Everything that it and its Envoy wrote so far. */
  log(): string {
    return this.#process.output();
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #requireReady(): Promise<void> {
    const ready = await fetch(`${this.adminUrl}/ready`);
    if (ready.status !== 200) throw new Error(await ready.text());
    const listeners = await fetch(`${this.adminUrl}/listeners`);
    if (!(await listeners.text()).includes('default/eg/http')) throw new Error('Envoy has no listener yet');
  }
}

/** func-e, which Envoy Gateway runs Envoy with, looks here before it would download one. */
function provideEnvoy(directory: string, envoy: string): void {
  const link = join(directory, 'data/envoy-versions', ENVOY_VERSION, 'bin/envoy');
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(envoy, link);
}

function configurationOf(directory: string): object {
  const [values] = readShipped('values');
  return {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'EnvoyGateway',
    gateway: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
    provider: {
      type: 'Custom',
      custom: {
        resource: { type: 'File', file: { paths: [join(directory, 'resources')] } },
        infrastructure: {
          type: 'Host',
          host: {
            configHome: join(directory, 'config'),
            dataHome: join(directory, 'data'),
            stateHome: join(directory, 'state'),
            runtimeDir: join(directory, 'runtime'),
          },
        },
      },
    },
    logging: { level: { default: 'info' } },
    // What the documentation tells people to switch on, and nothing more.
    ...values.config.envoyGateway,
  };
}

function resourceFile(directory: string, name: string): string {
  return join(directory, 'resources', `${name}.yaml`);
}

function write(directory: string, name: string, documents: readonly Manifest[]): void {
  // Moved into place, so that no half of it is read.
  const next = join(directory, `${name}.next`);
  writeFileSync(next, documents.map((document) => stringify(document)).join('---\n'));
  renameSync(next, resourceFile(directory, name));
}
