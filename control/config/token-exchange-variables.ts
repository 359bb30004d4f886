import type { Variable } from './variables.ts';

const DAY = 86_400_000;

const positive = { minimum: 1, maximum: DAY } as const;

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** Variables of ext-authz-token-exchange, with its defaults: one of them puts control into its environment mode. */
export const TOKEN_EXCHANGE_VARIABLES = {
  GRPC_PORT: { default: '3001', minimum: 0, maximum: 65_535, description: 'port of ext_authz over gRPC without TLS' },
  GRPC_TLS_PORT: {
    default: '3000',
    minimum: 0,
    maximum: 65_535,
    description: 'port of the same over TLS, where GRPC_TLS_CERT_FILE and GRPC_TLS_KEY_FILE are set',
  },
  TOKEN_EXCHANGE_ISSUER_PROFILES_FILE: { description: 'a YAML or JSON file with the issuers that policies may name' },
  TOKEN_EXCHANGE_ALLOW_HTTP_TOKEN_ENDPOINT: { default: 'false', description: 'allow token endpoints over http://' },
  TOKEN_EXCHANGE_GRANT_TYPE: {
    default: 'urn:ietf:params:oauth:grant-type:token-exchange',
    description: 'grant_type of token requests',
  },
  TOKEN_EXCHANGE_SUBJECT_TOKEN_TYPE: { default: ACCESS_TOKEN, description: 'subject_token_type of token requests' },
  TOKEN_EXCHANGE_REQUIRE_ISSUED_TOKEN_TYPE: { default: 'true', description: 'check issued_token_type of answers' },
  TOKEN_EXCHANGE_EXPECTED_ISSUED_TOKEN_TYPE: { default: ACCESS_TOKEN, description: 'what it must be' },
  TOKEN_EXCHANGE_ERROR_PASSTHROUGH: { default: 'false', description: "callers see the issuer's error_description" },
  TOKEN_EXCHANGE_BEARER_REALM: {
    default: 'ext-authz-token-exchange',
    description: 'what challenges name, unless the issuer has a realm of its own',
  },
  TOKEN_EXCHANGE_ALLOW_UNAUTHENTICATED_OPTIONS: {
    default: 'false',
    description: 'let every OPTIONS request without a token through, and not CORS preflights alone',
  },
  TOKEN_EXCHANGE_DEFAULT_DENY_UNMATCHED: { default: 'false', description: 'refuse requests that no policy matches' },
  TOKEN_EXCHANGE_INSECURE_LOG_TOKENS: { default: 'false', description: 'has no effect: nothing logs tokens' },
  CONFIGMAP_LABEL_SELECTOR: {
    default: 'ext-authz-token-exchange.magneticflux.net/enabled=true',
    description: 'labels of the ConfigMaps with policy',
  },
  CONFIGMAP_NAMESPACE_SELECTOR: {
    default: 'ext-authz-token-exchange.magneticflux.net/policy=enabled',
    description: 'labels of the namespaces that may hold them',
  },
  CONFIGMAP_NAMESPACE_HOSTS: {
    description: 'JSON: {"team-a":["orders.example.com"]}, which namespace may claim which hosts; unset: any may any',
  },
  TOKEN_ENDPOINT_AUTH_METHOD: {
    default: 'client_secret_basic',
    choices: ['client_secret_basic', 'client_secret_post'],
    description: 'how clients authenticate where the issuer does not say',
  },
  TOKEN_ENDPOINT_REQUEST_TIMEOUT: { default: '750ms', ...positive, description: 'for a token request as a whole' },
  TOKEN_ENDPOINT_DIAL_TIMEOUT: { default: '3s', ...positive, description: 'for its TCP connection' },
  TOKEN_ENDPOINT_TLS_HANDSHAKE_TIMEOUT: { default: '3s', ...positive, description: 'for its TLS handshake' },
  TOKEN_ENDPOINT_RESPONSE_HEADER_TIMEOUT: {
    default: '500ms',
    ...positive,
    description: 'from when it is sent until the answer begins',
  },
  TOKEN_ENDPOINT_IDLE_CONN_TIMEOUT: { default: '90s', ...positive, description: 'how long idle connections stay' },
  TOKEN_ENDPOINT_MAX_IDLE_CONNS: {
    default: '100',
    minimum: 0,
    maximum: 1_000_000,
    description: 'has no effect: ISSUER_CONCURRENCY bounds the connections to each issuer',
  },
  TOKEN_ENDPOINT_MAX_IDLE_CONNS_PER_HOST: {
    default: '10',
    minimum: 0,
    maximum: 1_000_000,
    description: 'has no effect, as the line above',
  },
} as const satisfies Record<string, Variable>;

/** Variables of the same program whose names others use too: they count, and put control into no mode. */
export const TOKEN_EXCHANGE_COMPANIONS = {
  METRICS_ENABLED: {
    process: true,
    default: 'false',
    description: 'a listener of its own for metrics, on every address',
  },
  METRICS_PORT: { process: true, default: '3002', minimum: 0, maximum: 65_535, description: 'its port' },
  METRICS_PATH: { process: true, default: '/metrics', description: 'where metrics are on it' },
  GRPC_LOG_HEALTH_CHECKS: {
    process: true,
    default: 'true',
    description: 'has no effect: health checks are not logged',
  },
  SSL_CERT_FILE: { process: true, description: 'ISSUER_CA_FILE, in the environment of ext-authz-token-exchange' },
  POD_NAMESPACE: { process: true, description: "where an issuer profile's Secrets are, unless it says" },
} as const satisfies Record<string, Variable>;
