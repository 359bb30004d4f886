import { fileURLToPath } from 'node:url';
import { EnvoyConfiguration, type Node } from '../../tools/launch/envoy-configuration.ts';
import { CALLERS, callersKeySet } from './callers.ts';

/** Names of clusters. */
export const CLUSTERS = {
  filter: 'token-broker',
  check: 'control-check',
  grpc: 'control-grpc',
  issuer: 'issuer',
  dexTokenBroker: 'dextokenbroker',
  exchangePeer: 'ext-authz-token-exchange',
} as const;

/** What the credential injector asks the issuer with. */
export const INJECTOR_SECRET: Node = {
  name: 'injector',
  generic_secret: { secret: { inline_string: 'injector-secret' } },
};

const built = (module: string) => fileURLToPath(new URL(`../../build/${module}`, import.meta.url));

/**
 * The filter as `envoy/token-broker.yaml` ships it.
 *
 * @param settings merged into the plugin's configuration
 */
export function brokerFilter(name: string, module = 'filter.wasm', settings: object = {}): Node {
  const configuration = EnvoyConfiguration.shipped('token-broker').setModule(built(module));
  const filter = configuration.setPluginConfiguration({ ...settings, cluster: CLUSTERS.filter }).wasmFilters()[0];
  // A VM of its own, so that no variant finds what another has cached.
  filter.typed_config.config.vm_config.vm_id = name;
  return filter;
}

/** A module whose callbacks do nothing. */
export function emptyFilter(): Node {
  return brokerFilter('empty', 'bench/empty.wasm');
}

/** As `envoy/ext-authz.yaml` ships it. */
export function httpAuthorization(cluster: string): Node {
  const filter = EnvoyConfiguration.shipped('ext-authz').httpFilters()[0];
  Object.assign(filter.typed_config.http_service.server_uri, { uri: `http://${cluster}`, cluster });
  return filter;
}

/** As `envoy/ext-authz-grpc.yaml` ships it. */
export function grpcAuthorization(cluster: string): Node {
  const filter = EnvoyConfiguration.shipped('ext-authz-grpc').httpFilters()[0];
  filter.typed_config.grpc_service.envoy_grpc.cluster_name = cluster;
  return filter;
}

/** Envoy's own filter for one client's token. */
export function credentialInjector(): Node {
  const credential = {
    '@type': 'type.googleapis.com/envoy.extensions.http.injected_credentials.oauth2.v3.OAuth2',
    token_fetch_retry_interval: '1s',
    token_endpoint: { cluster: CLUSTERS.issuer, timeout: '2s', uri: 'http://issuer/token' },
    client_credentials: { client_id: 'injector', client_secret: { name: INJECTOR_SECRET.name } },
  };
  return {
    name: 'envoy.filters.http.credential_injector',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.credential_injector.v3.CredentialInjector',
      overwrite: true,
      credential: { name: 'envoy.http.injected_credentials.oauth2', typed_config: credential },
    },
  };
}

/** Envoy's own check of JWTs, which injects nothing. @param cached whether it remembers tokens that it has checked */
export function jwtAuthentication(cached: boolean): Node {
  const provider = {
    issuer: CALLERS.issuer,
    audiences: [CALLERS.audience],
    local_jwks: { inline_string: callersKeySet },
    ...(cached && { jwt_cache_config: { jwt_cache_size: 100 } }),
  };
  return {
    name: 'envoy.filters.http.jwt_authn',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
      providers: { callers: provider },
      rules: [{ match: { prefix: '/' }, requires: { provider_name: 'callers' } }],
    },
  };
}
