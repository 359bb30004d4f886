import { fileURLToPath } from 'node:url';
import {
  type ControlPorts,
  chooseControlPorts,
  type RunningControl,
  startControl,
} from '../../../tools/launch/control.ts';
import { type EchoBackend, startEchoBackend } from '../../../tools/launch/echo-backend.ts';
import { type RunningEnvoy, startEnvoy } from '../../../tools/launch/envoy.ts';
import { findFreePorts } from '../../../tools/launch/ports.ts';
import { StartedParts } from '../../../tools/launch/started-parts.ts';
import { readSamples, sumSamples } from '../../../tools/launch/statistics.ts';
import { type IdentityProvider, startIdentityProvider } from '../../support/identity-provider.ts';
import { PlantedSecrets, type Written } from '../../support/planted-secrets.ts';
import { type Answer, type RequestOptions, request } from '../../support/request.ts';
import { gatewayWorkload, meshBootstrap } from './bootstrap.ts';
import { ControlFile } from './control-file.ts';
import { addControlEndpoints, addControlPod, type ControlPod } from './control-pod.ts';
import { backendService } from './endpoints.ts';
import { type Istio, startIstio } from './istio.ts';
import { type Manifest, Manifests } from './manifests.ts';

const MODULE = fileURLToPath(new URL('../../../build/filter.wasm', import.meta.url));
/** The host of the route that we ship. */
export const HOST = 'orders.example.com';

export interface MeshOptions {
  /** The files of `deploy/istio` that are applied, besides the route, the mesh's configuration and control's service. */
  files: string[];
  /** Has the plugin be an OCI image, as in production, instead of a file. */
  image?: boolean;
  /** Changes what is applied further. */
  change?: (
    manifests: Manifests,
    parts: { gatewayPort: number; controlPorts: ControlPorts; identityProvider: IdentityProvider },
  ) => void;
  /** Control's configuration; by default it takes callers' own credentials to the identity provider. */
  configuration?: (identityProvider: IdentityProvider) => Manifest;
  /** Merged into control's environment. */
  environment?: Record<string, string>;
  /** Merged into istiod's environment. */
  istiod?: Record<string, string>;
  /** The gateway's worker threads, 2 by default. */
  concurrency?: number;
  /** Puts a sidecar in front of control. */
  sidecar?: boolean;
  /** Whose certificate the gateway has: that of the gateway's own account by default. */
  gatewayAccount?: string;
}

interface Parts {
  identityProvider: IdentityProvider;
  backend: EchoBackend;
  control: RunningControl;
  controlPorts: ControlPorts;
  controlFile: ControlFile | undefined;
  controlEnvironment: Record<string, string>;
  istio: Istio;
  manifests: Manifests;
  envoy: RunningEnvoy;
  gatewayPort: number;
  controlPod: ControlPod | undefined;
  controlSidecar: RunningEnvoy | undefined;
}

/** An ingress gateway that Istio configures from the manifests we ship, with what is behind it, on ports of their own. */
export class Mesh {
  readonly secrets = new PlantedSecrets();
  readonly identityProvider: IdentityProvider;
  readonly backend: EchoBackend;
  readonly istio: Istio;
  /** What is applied at the moment. */
  readonly manifests: Manifests;
  readonly envoy: RunningEnvoy;
  readonly gatewayPort: number;
  /** Where others reach control, when it has a sidecar. */
  readonly controlPod: ControlPod | undefined;
  readonly #controlSidecar: RunningEnvoy | undefined;
  readonly #controls: RunningControl[];
  readonly #controlPorts: ControlPorts;
  readonly #controlFile: ControlFile | undefined;
  readonly #controlEnvironment: Record<string, string>;
  readonly #refusals: string[] = [];

  private constructor(parts: Parts) {
    this.identityProvider = parts.identityProvider;
    this.backend = parts.backend;
    this.istio = parts.istio;
    this.manifests = parts.manifests;
    this.envoy = parts.envoy;
    this.gatewayPort = parts.gatewayPort;
    this.controlPod = parts.controlPod;
    this.#controlSidecar = parts.controlSidecar;
    this.#controls = [parts.control];
    this.#controlPorts = parts.controlPorts;
    this.#controlFile = parts.controlFile;
    this.#controlEnvironment = parts.controlEnvironment;
    for (const [name, { secret }] of Object.entries(parts.identityProvider.clients)) {
      this.secrets.plant(`secret of the ${name} client`, secret);
    }
  }

  /** Starts everything; what has been started is stopped again when something fails. */
  static async start(options: MeshOptions): Promise<Mesh> {
    const { files, image = false, change, configuration, environment = {}, concurrency = 2 } = options;
    const { istiod = {}, sidecar = false, gatewayAccount = 'istio-ingressgateway' } = options;
    const parts = new StartedParts();
    try {
      const identityProvider = parts.keep(await startIdentityProvider());
      const backend = parts.keep(await startEchoBackend());
      const controlPorts = await chooseControlPorts();
      const document = configuration?.(identityProvider);
      const controlFile = document === undefined ? undefined : parts.keep(new ControlFile(document));
      const controlEnvironment: Record<string, string> = {
        GRPC_LISTEN_ADDR: `127.0.0.1:${controlPorts.grpcPort}`,
        ...(controlFile === undefined
          ? { DEX_TOKEN_URL: identityProvider.tokenEndpoint, ALLOW_INSECURE_DEX_URL: 'true' }
          : { CONFIG_FILE: controlFile.path }),
        ...environment,
      };
      const control = parts.keep(await startControl(controlEnvironment, controlPorts));

      const [gatewayPort = 0] = await findFreePorts(1);
      const manifests = Manifests.shipped('mesh-config', 'route', 'control', ...files);
      manifests.add(...backendService(backend.port));
      const controlPod = sidecar ? await addControlPod(manifests, controlPorts) : undefined;
      if (controlPod === undefined) addControlEndpoints(manifests, controlPorts);
      serveWithoutTls(manifests, gatewayPort);
      if (manifests.has('WasmPlugin')) manifests.find('WasmPlugin').spec.url = `file://${MODULE}`;
      change?.(manifests, { gatewayPort, controlPorts, identityProvider });
      const istio = parts.keep(await startIstio(manifests.all, MODULE, istiod));
      if (image) {
        const { spec } = manifests.find('WasmPlugin');
        Object.assign(spec, { url: `oci://${istio.image}`, sha256: istio.digest });
        await istio.replace(manifests.istio());
      }

      const controlSidecar = controlPod === undefined ? undefined : parts.keep(await controlPod.start(istio));
      const gateway = {
        bootstrap: meshBootstrap(gatewayWorkload(gatewayAccount), istio.ports),
        listener: () => ({ name: `127.0.0.1_${gatewayPort}` }),
      };
      const envoy = parts.keep(await startEnvoy({ configuration: gateway, concurrency }));
      return new Mesh({
        ...{ identityProvider, backend, control, controlPorts, controlFile, controlEnvironment },
        ...{ istio, manifests, envoy, gatewayPort, controlPod, controlSidecar },
      });
    } catch (error) {
      await parts.stop();
      throw error;
    }
  }

  /** Sends a request to the gateway; the answer, when it refuses, is searched for secrets later. */
  async send({ headers, ...options }: Partial<RequestOptions> = {}): Promise<Answer> {
    const answer = await request({ port: this.gatewayPort, ...options, headers: { host: HOST, ...headers } });
    if (answer.status >= 400) this.#refusals.push(JSON.stringify(answer));
    return answer;
  }

  /** The sum of one of Envoy's metrics, by its Prometheus name and tags. */
  async counter(name: string, tags: Record<string, string> = {}): Promise<number> {
    return sumSamples(await readSamples(this.envoy.adminUrl), name, tags);
  }

  /** Decisions that the running control made, in all ways or in one. */
  async decisions(way?: 'filter' | 'check' | 'grpc'): Promise<number> {
    const samples = await readSamples(`http://127.0.0.1:${this.#controlPorts.adminPort}`, '/metrics');
    return sumSamples(samples, 'token_broker_decisions_total', way === undefined ? {} : { way });
  }

  /** Has Istio serve the manifests as they are now. */
  async apply(): Promise<void> {
    await this.istio.replace(this.manifests.istio());
  }

  async stopControl(): Promise<void> {
    await this.#controls.at(-1)?.stop();
  }

  /** Starts control again, on the ports it had. */
  async startControl(): Promise<void> {
    this.#controls.push(await startControl(this.#controlEnvironment, this.#controlPorts));
  }

  /** Restarts control with its configuration changed. */
  async reconfigureControl(change: (document: Manifest) => void): Promise<void> {
    if (this.#controlFile === undefined) throw new Error('control has no configuration file');
    const document = structuredClone(this.#controlFile.document);
    change(document);
    this.#controlFile.write(document);
    await this.stopControl();
    await this.startControl();
  }

  /** Everything that was written so far where secrets must not be. */
  async written(): Promise<Written> {
    const statistics = await fetch(`${this.envoy.adminUrl}/stats/prometheus`);
    return {
      "Envoy's log": this.envoy.log(),
      "Envoy's statistics": await statistics.text(),
      "the sidecar's log": this.#controlSidecar?.log() ?? '',
      "control's log": this.#controls.map((control) => control.log()).join('\n'),
      "Istio's log": this.istio.log(),
      'answers that refuse': this.#refusals.join('\n'),
    };
  }

  /** Lists planted secrets and granted tokens that were written somewhere. */
  async findLeaks(): Promise<string[]> {
    for (const [index, token] of this.identityProvider.tokens().entries()) this.secrets.plant(`token ${index}`, token);
    return this.secrets.findIn(await this.written());
  }

  async stop(): Promise<void> {
    await this.envoy.stop();
    await this.#controlSidecar?.stop();
    await this.istio.stop();
    await this.stopControl();
    await this.#controlFile?.stop();
    await this.backend.stop();
    await this.identityProvider.stop();
  }
}

/** The port of the gateway is what its listener binds to, and a certificate would need Istio's agent. */
function serveWithoutTls(manifests: Manifests, port: number): void {
  const [server] = manifests.find('Gateway').spec.servers;
  server.port = { number: port, name: 'http', protocol: 'HTTP' };
  server.bind = '127.0.0.1';
  delete server.tls;
}
