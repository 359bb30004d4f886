import {
  type ControlPorts,
  chooseControlPorts,
  type RunningControl,
  startControl,
} from '../../tools/launch/control.ts';
import { type EchoBackend, startEchoBackend } from '../../tools/launch/echo-backend.ts';
import { type RunningEnvoy, startEnvoy } from '../../tools/launch/envoy.ts';
import { EnvoyConfiguration } from '../../tools/launch/envoy-configuration.ts';
import { StartedParts } from '../../tools/launch/started-parts.ts';
import { readSamples, sumSamples } from '../../tools/launch/statistics.ts';
import { type Client, type IdentityProvider, startIdentityProvider } from './identity-provider.ts';
import { PlantedSecrets, type Written } from './planted-secrets.ts';
import { type Policy, writePolicyFile } from './policy-file.ts';
import { type Answer, type RequestOptions, request } from './request.ts';

export interface DeploymentOptions {
  /** The shipped configuration to start from: `token-broker` by default. */
  shipped?: 'token-broker' | 'ext-authz' | 'ext-authz-grpc' | 'shadow';
  /** Changes Envoy's shipped configuration further. */
  configure?: (configuration: EnvoyConfiguration) => void;
  /** Merged into the filter's plugin configuration. */
  plugin?: Record<string, unknown>;
  /** Merged into control's environment. */
  control?:
    | Record<string, string>
    | ((identityProvider: IdentityProvider, ports: ControlPorts) => Record<string, string>);
  /** Leaves out all that control's environment says of an issuer and of gRPC, because `control` does. */
  bare?: boolean;
  /** Configures control by a file instead of by the environment. */
  policy?: Policy | ((identityProvider: IdentityProvider) => Policy);
  /** Envoy's worker threads, 2 by default. */
  concurrency?: number;
  tokenLifetimeSeconds?: number;
}

interface Parts {
  identityProvider: IdentityProvider;
  backend: EchoBackend;
  control: RunningControl;
  envoy: RunningEnvoy;
  controlPorts: ControlPorts;
  controlEnvironment: Record<string, string>;
}

/** Identity provider, control, backend and Envoy with the filter, wired together on ports of their own. */
export class Deployment {
  readonly secrets = new PlantedSecrets();
  readonly #refusals: string[] = [];
  readonly #controls: RunningControl[] = [];

  readonly identityProvider: IdentityProvider;
  readonly backend: EchoBackend;
  readonly envoy: RunningEnvoy;
  readonly #controlPorts: ControlPorts;
  readonly #controlEnvironment: Record<string, string>;

  private constructor(parts: Parts) {
    this.identityProvider = parts.identityProvider;
    this.backend = parts.backend;
    this.envoy = parts.envoy;
    this.#controls.push(parts.control);
    this.#controlPorts = parts.controlPorts;
    this.#controlEnvironment = parts.controlEnvironment;
    for (const [name, { secret }] of Object.entries(parts.identityProvider.clients)) {
      this.secrets.plant(`secret of the ${name} client`, secret);
    }
  }

  /** Starts everything; what has been started is stopped again when something fails. */
  static async start(options: DeploymentOptions = {}): Promise<Deployment> {
    const parts = new StartedParts();
    try {
      const identityProvider = parts.keep(await startIdentityProvider(options.tokenLifetimeSeconds));
      const backend = parts.keep(await startEchoBackend());
      const ports = await chooseControlPorts();
      const { tokenEndpoint } = identityProvider;
      const { control: variables, policy } = {
        control: of(options.control, identityProvider, ports),
        policy: of(options.policy, identityProvider, ports),
      };
      const own = {
        ...(policy === undefined
          ? { DEX_TOKEN_URL: tokenEndpoint, ALLOW_INSECURE_DEX_URL: 'true' }
          : { CONFIG_FILE: parts.keep(writePolicyFile(tokenEndpoint, policy)).path }),
        ...(options.shipped === 'ext-authz-grpc' ? { GRPC_LISTEN_ADDR: `127.0.0.1:${ports.grpcPort}` } : {}),
      };
      const environment = { ...(options.bare ? {} : own), ...variables };
      const control = parts.keep(await startControl(environment, ports));
      const configuration = configure(options, ports).setPort('backend', backend.port);
      options.configure?.(configuration);
      const { concurrency = 2 } = options;
      const envoy = parts.keep(await startEnvoy({ configuration, concurrency }));
      return new Deployment({
        ...{ identityProvider, backend, control, envoy },
        controlPorts: ports,
        controlEnvironment: environment,
      });
    } catch (error) {
      await parts.stop();
      throw error;
    }
  }

  /** Sends a request to Envoy's first listener, unless `port` names another; the answer's body, when it refuses, is searched for secrets later. */
  async send(options: Partial<RequestOptions> = {}): Promise<Answer> {
    const answer = await request({ port: this.envoy.port, ...options });
    if (answer.status >= 400) this.#refusals.push(JSON.stringify(answer));
    return answer;
  }

  /** The sum of one of Envoy's metrics, by its Prometheus name and tags. */
  async counter(name: string, tags: Record<string, string> = {}): Promise<number> {
    return sumSamples(await readSamples(this.envoy.adminUrl), name, tags);
  }

  /** Where control's status and metrics are. */
  get controlAdminUrl(): string {
    return `http://127.0.0.1:${this.#controlPorts.adminPort}`;
  }

  /** Decisions that the running control made for the filter. */
  async decisions(): Promise<number> {
    const samples = await readSamples(this.controlAdminUrl, '/metrics');
    return sumSamples(samples, 'token_broker_decisions_total', { way: 'filter' });
  }

  /** Where control's configuration is, when a policy was given. */
  configurationFile(): string {
    return this.#controlEnvironment.CONFIG_FILE ?? '';
  }

  /** Stops control; the filter meets a closed port from then on. */
  async stopControl(): Promise<void> {
    await this.#controls.at(-1)?.stop();
  }

  /** Starts control again, on the ports it had. */
  async startControl(changes: Record<string, string> = {}): Promise<void> {
    this.#controls.push(await startControl({ ...this.#controlEnvironment, ...changes }, this.#controlPorts));
  }

  /** Everything that was written so far where secrets must not be. */
  async written(): Promise<Written> {
    const statistics = await fetch(`${this.envoy.adminUrl}/stats/prometheus`);
    return {
      "Envoy's log": this.envoy.log(),
      "Envoy's statistics": await statistics.text(),
      "control's log": this.#controls.map((control) => control.log()).join('\n'),
      "control's metrics": await this.#page('/metrics'),
      "control's status": await this.#page('/status'),
      'answers that refuse': this.#refusals.join('\n'),
    };
  }

  /** A page of control's admin listener; empty while control is down. */
  async #page(path: string): Promise<string> {
    const answer = await fetch(`${this.controlAdminUrl}${path}`).catch(() => undefined);
    return (await answer?.text()) ?? '';
  }

  /** Lists planted secrets and granted tokens that were written somewhere. */
  async findLeaks(): Promise<string[]> {
    for (const [index, token] of this.identityProvider.tokens().entries()) this.secrets.plant(`token ${index}`, token);
    return this.secrets.findIn(await this.written());
  }

  async stop(): Promise<void> {
    await this.envoy.stop();
    await this.stopControl();
    await this.backend.stop();
    await this.identityProvider.stop();
  }
}

type OptionMaker<Value> = (identityProvider: IdentityProvider, ports: ControlPorts) => Value;

/** Options may depend on the identity provider, whose ports nobody knows before it runs, and on control's ports. */
function of<Value>(
  option: Value | OptionMaker<Value> | undefined,
  ...known: Parameters<OptionMaker<Value>>
): Value | undefined {
  return typeof option === 'function' ? (option as OptionMaker<Value>)(...known) : option;
}

function configure({ shipped, plugin }: DeploymentOptions, ports: ControlPorts): EnvoyConfiguration {
  if (shipped === 'ext-authz') {
    return EnvoyConfiguration.shipped('ext-authz').setPort('token-broker-check', ports.checkPort);
  }
  if (shipped === 'ext-authz-grpc') {
    return EnvoyConfiguration.shipped('ext-authz-grpc').setPort('token-broker-grpc', ports.grpcPort);
  }
  if (shipped === 'shadow') {
    return EnvoyConfiguration.shipped('shadow')
      .setPort('other-broker', ports.checkPort)
      .setPort('token-broker', ports.filterPort)
      .setPluginConfiguration({ pollIntervalMilliseconds: 200, ...plugin });
  }
  return EnvoyConfiguration.shipped('token-broker')
    .setPort('token-broker', ports.filterPort)
    .useDownstreamProtocol('backend')
    .setPluginConfiguration({ pollIntervalMilliseconds: 200, ...plugin });
}

/** The headers by which a client says who it is. */
export function credentials(client: Client, scope?: string): Record<string, string> {
  return {
    'x-client-id': client.id,
    'x-client-secret': client.secret,
    ...(scope === undefined ? {} : { 'x-scope': scope }),
  };
}
