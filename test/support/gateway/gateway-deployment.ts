import {
  type ControlPorts,
  chooseControlPorts,
  type RunningControl,
  startControl,
} from '../../../tools/launch/control.ts';
import { type EchoBackend, startEchoBackend } from '../../../tools/launch/echo-backend.ts';
import { findFreePorts } from '../../../tools/launch/ports.ts';
import { StartedParts } from '../../../tools/launch/started-parts.ts';
import { readSamples, sumSamples } from '../../../tools/launch/statistics.ts';
import { type IdentityProvider, startIdentityProvider } from '../identity-provider.ts';
import { PlantedSecrets, type Written } from '../planted-secrets.ts';
import { type Policy, writePolicyFile } from '../policy-file.ts';
import { type Answer, type RequestOptions, request } from '../request.ts';
import { EnvoyGateway } from './envoy-gateway.ts';
import { hostFixture } from './host-fixture.ts';
import { type Addresses, type Manifest, moveToHost, readShipped, type ShippedFile } from './manifests.ts';
import { type ModuleServer, startModuleServer } from './module-server.ts';

const FILTER = new URL('../../../build/filter.wasm', import.meta.url);

/** Changes a shipped file's documents in place. */
type Change = (documents: Manifest[]) => void;

export interface GatewayOptions {
  /** The shipped files to apply; those for the filter by default. */
  files?: readonly ShippedFile[];
  /** What a test changes in them, besides addresses and the module. */
  changes?: Partial<Record<ShippedFile, Change>>;
  /** The module that `filter-over-http` loads; the whole filter by default. */
  module?: string | URL;
  /** Resources that are not this project's to ship, such as Secrets. */
  resources?: readonly Manifest[];
  /** Merged into control's environment. */
  control?: Record<string, string>;
  /** Configures control by a file instead of by the environment. */
  policy?: (identityProvider: IdentityProvider) => Policy;
}

/** The files that a Gateway with the filter needs. */
export const FILTER_FILES: readonly ShippedFile[] = [
  'envoy-proxy',
  'client-traffic',
  'callout-cluster',
  'filter-over-http',
  'reload',
];

interface Parts {
  identityProvider: IdentityProvider;
  backend: EchoBackend;
  modules: ModuleServer;
  controlPorts: ControlPorts;
  control: RunningControl;
  controlEnvironment: Record<string, string>;
  port: number;
  module: string | URL;
  addresses: Addresses;
}

/** Identity provider, control, backend and the real Envoy Gateway with what this project ships for it. */
export class GatewayDeployment {
  readonly secrets = new PlantedSecrets();
  readonly identityProvider: IdentityProvider;
  readonly backend: EchoBackend;
  readonly envoyGateway: EnvoyGateway;
  readonly modules: ModuleServer;
  /** Of the Gateway's listener, on 127.0.0.1. */
  readonly port: number;
  readonly #parts: Parts;
  readonly #started: StartedParts;
  readonly #controls: RunningControl[];
  readonly #refusals: string[] = [];

  private constructor(parts: Parts, envoyGateway: EnvoyGateway, started: StartedParts) {
    this.#parts = parts;
    this.#started = started;
    this.#controls = [parts.control];
    this.identityProvider = parts.identityProvider;
    this.backend = parts.backend;
    this.modules = parts.modules;
    this.port = parts.port;
    this.envoyGateway = envoyGateway;
    for (const [name, { secret }] of Object.entries(parts.identityProvider.clients)) {
      this.secrets.plant(`secret of the ${name} client`, secret);
    }
  }

  /** Starts everything; what has been started is stopped again when something fails. */
  static async start(options: GatewayOptions = {}): Promise<GatewayDeployment> {
    const started = new StartedParts();
    try {
      const parts = await startParts(options, started);
      const { files = FILTER_FILES, changes = {}, resources = [] } = options;
      const shipped = files.map((name) => [name, prepare(name, parts, changes[name])] as const);
      const envoyGateway = await EnvoyGateway.start((certificates) => ({
        fixture: [...hostFixture(parts.port, parts.backend.port, certificates), ...resources],
        ...Object.fromEntries(shipped),
      }));
      started.keep(envoyGateway);
      return new GatewayDeployment(parts, envoyGateway, started);
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  /** Sends a request to the Gateway; the answer, when it refuses, is searched for secrets later. */
  async send(options: Partial<RequestOptions> = {}): Promise<Answer> {
    const answer = await request({ port: this.port, ...options });
    if (answer.status >= 400) this.#refusals.push(JSON.stringify(answer));
    return answer;
  }

  /** Applies a shipped file, in place of what was applied under its name. */
  apply(name: ShippedFile, change?: Change): void {
    this.envoyGateway.apply(name, prepare(name, this.#parts, change));
  }

  /** The sum of one of Envoy's metrics, by its Prometheus name and tags. */
  async counter(name: string, tags: Record<string, string> = {}): Promise<number> {
    return sumSamples(await readSamples(this.envoyGateway.adminUrl), name, tags);
  }

  async stopControl(): Promise<void> {
    await this.#controls.at(-1)?.stop();
  }

  /** Starts control again on the ports it had, configured anew where a policy is given. */
  async startControl(policy?: Policy): Promise<void> {
    const { controlEnvironment, controlPorts, identityProvider } = this.#parts;
    const file = policy && this.#started.keep(writePolicyFile(identityProvider.tokenEndpoint, policy));
    const environment = file === undefined ? controlEnvironment : { CONFIG_FILE: file.path };
    this.#controls.push(this.#started.keep(await startControl(environment, controlPorts)));
  }

  /** Everything that was written so far where secrets must not be. */
  async written(): Promise<Written> {
    const statistics = await fetch(`${this.envoyGateway.adminUrl}/stats/prometheus`);
    return {
      "Envoy Gateway's log and Envoy's": this.envoyGateway.log(),
      "Envoy's statistics": await statistics.text(),
      "control's log": this.#controls.map((control) => control.log()).join('\n'),
      'answers that refuse': this.#refusals.join('\n'),
    };
  }

  /** Lists planted secrets and granted tokens that were written somewhere. */
  async findLeaks(): Promise<string[]> {
    for (const [index, token] of this.identityProvider.tokens().entries()) this.secrets.plant(`token ${index}`, token);
    return this.secrets.findIn(await this.written());
  }

  async stop(): Promise<void> {
    await this.#started.stop();
  }
}

async function startParts(options: GatewayOptions, started: StartedParts): Promise<Parts> {
  const identityProvider = started.keep(await startIdentityProvider());
  const backend = started.keep(await startEchoBackend());
  const modules = started.keep(await startModuleServer());
  const controlPorts = await chooseControlPorts();
  const { tokenEndpoint } = identityProvider;
  const policy = options.policy?.(identityProvider);
  const controlEnvironment = {
    ...(policy === undefined
      ? { DEX_TOKEN_URL: tokenEndpoint, ALLOW_INSECURE_DEX_URL: 'true' }
      : { CONFIG_FILE: started.keep(writePolicyFile(tokenEndpoint, policy)).path }),
    ...(options.files?.includes('ext-authz-grpc') ? { GRPC_LISTEN_ADDR: `127.0.0.1:${controlPorts.grpcPort}` } : {}),
    ...options.control,
  };
  const control = started.keep(await startControl(controlEnvironment, controlPorts));
  const [port = 0] = await findFreePorts(1);
  const { module = FILTER } = options;
  const addresses = addressesOf(controlPorts);
  return {
    ...{ identityProvider, backend, modules, controlPorts, control, controlEnvironment },
    ...{ port, module, addresses },
  };
}

/** Where control is, by its addresses in the manifests. */
function addressesOf({ filterPort, checkPort, grpcPort }: ControlPorts): Addresses {
  return {
    '127.0.0.1:8081': filterPort,
    'token-broker:8080': checkPort,
    'token-broker.default.svc.cluster.local:8081': filterPort,
    'token-broker.default.svc.cluster.local:8083': grpcPort,
  };
}

function prepare(name: ShippedFile, { modules, module, addresses }: Parts, change?: Change): Manifest[] {
  const documents = readShipped(name);
  if (name === 'filter-over-http') documents[0].spec.wasm[0].code = modules.publish(module);
  change?.(documents);
  return moveToHost(documents, addresses);
}
