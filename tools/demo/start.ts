import { ENVOY_VERSION } from '../envoy/version.ts';
import { startControl } from '../launch/control.ts';
import { type EchoBackend, startEchoBackend } from '../launch/echo-backend.ts';
import { type RunningEnvoy, startEnvoy } from '../launch/envoy.ts';
import { EnvoyConfiguration } from '../launch/envoy-configuration.ts';
import type { StartedParts } from '../launch/started-parts.ts';
import type { OAuthClient } from '../oauth-server/clients.ts';
import { type OAuthServer, startOAuthServer } from '../oauth-server/server.ts';
import type { Page } from './page.ts';

export interface Stage {
  issuer: OAuthServer;
  backend: EchoBackend;
  envoy: RunningEnvoy;
}

/** What scenarios differ in. */
export interface StageOptions {
  clients: OAuthClient[];
  /** Whom the OAuth server exchanges tokens for. */
  audiences?: string[];
  /** Writes control's configuration file, and gives its path; without it control is configured by variables alone. */
  writeConfiguration?: (issuer: OAuthServer) => string;
}

/** Starts all that a request meets, each on a port that was free. */
export async function startStage(parts: StartedParts, page: Page, options: StageOptions): Promise<Stage> {
  const { clients, audiences = [], writeConfiguration } = options;
  page.heading('Starting');
  const issuer = await startOAuthServer({ clients, audiences });
  parts.keep({ stop: () => issuer.close() });
  page.facts('OAuth server', [`${issuer.url} (oidc-provider)`]);

  const control = parts.keep(
    await startControl(
      writeConfiguration === undefined
        ? { DEX_TOKEN_URL: issuer.tokenEndpoint, ALLOW_INSECURE_DEX_URL: 'true' }
        : { CONFIG_FILE: writeConfiguration(issuer) },
    ),
  );
  page.facts('control', [`http://127.0.0.1:${control.filterPort} for the filter`]);

  const backend = parts.keep(await startEchoBackend());
  page.facts('backend', [`http://127.0.0.1:${backend.port} (answers with what it received)`]);

  const configuration = EnvoyConfiguration.shipped('token-broker')
    .setPort('token-broker', control.filterPort)
    .setPort('backend', backend.port);
  const envoy = parts.keep(await startEnvoy({ configuration }));
  page.facts(`Envoy ${ENVOY_VERSION}`, [`http://127.0.0.1:${envoy.port} with the filter, 2 workers`]);
  return { issuer, backend, envoy };
}
