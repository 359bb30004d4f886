import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningControl, startControl } from '../launch/control.ts';
import { type EchoBackend, startEchoBackend } from '../launch/echo-backend.ts';
import { type RunningEnvoy, startEnvoy } from '../launch/envoy.ts';
import type { EnvoyConfiguration } from '../launch/envoy-configuration.ts';
import { findFreePorts } from '../launch/ports.ts';
import { StartedParts } from '../launch/started-parts.ts';
import { showReceived } from './backend-page.ts';
import { controlConfiguration } from './control-configuration.ts';
import { startDexLogin } from './dex.ts';
import { startEmbeddedLogin } from './embedded.ts';
import { loginConfiguration, writeSecrets } from './envoy-configuration.ts';
import { LOGIN_CLIENT, type LoginProvider, type ProviderKind } from './identity-provider.ts';
import type { Person } from './people.ts';

export interface LoginSetup {
  readonly kind: ProviderKind;
  readonly people: readonly Person[];
  readonly tokenLifetimeSeconds?: number;
  /** Seals sessions; 32 bytes or more. */
  readonly cookieKey: string;
  /** How people reach Envoy, `http` by default; with `https`, `configure` has to add what ends TLS. */
  readonly scheme?: 'http' | 'https';
  /** Changes Envoy's shipped configuration further. */
  readonly configure?: (configuration: EnvoyConfiguration) => void;
}

/** Everything that a login meets, running. */
export interface LoginStage {
  /** What to open in a browser. */
  readonly origin: string;
  readonly provider: LoginProvider;
  readonly control: RunningControl;
  readonly backend: EchoBackend;
  readonly envoy: RunningEnvoy;
  stop(): Promise<void>;
}

const DEFAULT_TOKEN_LIFETIME_SECONDS = 300;
const PROVIDERS = { embedded: startEmbeddedLogin, dex: startDexLogin };

/**
 * Starts identity provider, control, backend, and Envoy as `envoy/login.yaml` has it, each on a port that was free.
 *
 * @param parts who stops them, should that be needed before all have started; all are stopped when one does not start
 */
export async function startLogin(setup: LoginSetup, parts = new StartedParts()): Promise<LoginStage> {
  const { kind, people, tokenLifetimeSeconds = DEFAULT_TOKEN_LIFETIME_SECONDS, cookieKey, scheme = 'http' } = setup;
  try {
    const directory = mkdtempSync(join(tmpdir(), 'envoy-token-broker-login-'));
    parts.keep({ stop: async () => rmSync(directory, { recursive: true, force: true }) });
    // The identity provider has to know where people come back to before Envoy runs.
    const [port] = await findFreePorts(1);
    const origin = `${scheme}://localhost:${port}`;
    const provider = parts.keep(await PROVIDERS[kind]({ origin, people, tokenLifetimeSeconds }));
    const controlFile = join(directory, 'control.yaml');
    writeFileSync(controlFile, controlConfiguration(provider));
    const control = parts.keep(await startControl({ CONFIG_FILE: controlFile }));
    const backend = parts.keep(await startEchoBackend());
    backend.answer(showReceived);
    const configuration = loginConfiguration({
      origin,
      provider,
      controlPort: control.filterPort,
      backendPort: backend.port,
      secrets: writeSecrets(directory, { clientSecret: LOGIN_CLIENT.secret, cookieKey }),
    });
    setup.configure?.(configuration);
    // Envoy keeps lines of its access log for ten seconds otherwise, and nobody would know why something was refused.
    const parameters = ['--file-flush-interval-msec', '100'];
    const envoy = parts.keep(await startEnvoy({ configuration, parameters }));
    return { origin, provider, control, backend, envoy, stop: () => parts.stop() };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}
