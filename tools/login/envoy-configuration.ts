import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvoyConfiguration, type Node } from '../launch/envoy-configuration.ts';
import type { LoginProvider } from './identity-provider.ts';

const ROOT = new URL('../../', import.meta.url);

/** What differs from `envoy/login.yaml` as it is shipped. */
export interface LoginAddresses {
  /** Where people come from; its port is the listener's. */
  readonly origin: string;
  readonly provider: LoginProvider;
  readonly controlPort: number;
  readonly backendPort: number;
  /** The SDS files, from {@link writeSecrets}. */
  readonly secrets: SecretFiles;
}

export interface SecretFiles {
  readonly clientSecret: string;
  readonly cookieKey: string;
}

/** Writes Envoy's two secrets into a directory, each as an SDS file beside a file that holds it. */
export function writeSecrets(directory: string, secrets: Partial<SecretFiles>): SecretFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const write = (name: string, secret: string | undefined): string => {
    const raw = join(directory, name);
    if (secret !== undefined) writeFileSync(raw, secret, { mode: 0o600 });
    const resource = {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
      name,
      generic_secret: { secret: { filename: raw } },
    };
    writeFileSync(`${raw}.json`, JSON.stringify({ resources: [resource] }));
    return `${raw}.json`;
  };
  return {
    clientSecret: write('login-client-secret', secrets.clientSecret),
    cookieKey: write('login-cookie-key', secrets.cookieKey),
  };
}

/** The shipped configuration with the addresses of what was started. */
export function loginConfiguration(addresses: LoginAddresses): EnvoyConfiguration {
  const { origin, provider, controlPort, backendPort, secrets } = addresses;
  const configuration = EnvoyConfiguration.shipped('login');
  const port = Number(new URL(origin).port);
  configuration.listener().address.socket_address.port_value = port;
  for (const { body_format_override: page } of configuration.httpConnectionManager().local_reply_config.mappers) {
    page.text_format_source.filename = fileURLToPath(new URL(page.text_format_source.filename, ROOT));
  }
  setProvider(configuration, provider, secrets);
  setOrigin(configuration, new URL(origin));
  return configuration
    .setPort('identity-provider', Number(new URL(provider.issuer).port))
    .setPort('token-broker', controlPort)
    .setPort('backend', backendPort);
}

/** The settings of Envoy's `oauth2` filter. */
export function loginFilter(configuration: EnvoyConfiguration): Node {
  return typedConfig(configuration, 'envoy.filters.http.oauth2').config;
}

function setProvider(configuration: EnvoyConfiguration, provider: LoginProvider, secrets: SecretFiles): void {
  const filter = loginFilter(configuration);
  filter.authorization_endpoint = provider.authorizationEndpoint;
  filter.token_endpoint.uri = provider.tokenEndpoint;
  filter.end_session_endpoint = provider.endSessionEndpoint;
  filter.resources = provider.resources;
  filter.credentials.token_secret.sds_config.path_config_source.path = secrets.clientSecret;
  filter.credentials.hmac_secret.sds_config.path_config_source.path = secrets.cookieKey;
  const { login } = typedConfig(configuration, 'envoy.filters.http.jwt_authn').providers;
  login.issuer = provider.issuer;
  login.audiences = [provider.audience];
  login.remote_jwks.http_uri.uri = provider.jwksUri;
}

/** What the shipped file marks with "origin". */
function setOrigin(configuration: EnvoyConfiguration, { origin, protocol, host, hostname, port }: URL): void {
  const filter = loginFilter(configuration);
  filter.redirect_uri = `${origin}/oauth2/callback`;
  filter.original_request_uri = origin;
  filter.allowed_redirect_domains = filter.allowed_redirect_domains.map(() => hostname);
  filter.post_logout_redirect_uri.uri = `${origin}/`;
  const [application, elsewhere] = configuration.httpConnectionManager().route_config.virtual_hosts;
  application.domains = [host];
  const { redirect } = elsewhere.routes[0];
  redirect.host_redirect = hostname;
  redirect.port_redirect = Number(port);
  redirect.https_redirect = protocol === 'https:';
}

function typedConfig(configuration: EnvoyConfiguration, filter: string): Node {
  return configuration.httpFilters().find(({ name }) => name === filter).typed_config;
}
