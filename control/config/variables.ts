import { TELEMETRY_VARIABLES } from './telemetry-variables.ts';
import { TOKEN_EXCHANGE_COMPANIONS, TOKEN_EXCHANGE_VARIABLES } from './token-exchange-variables.ts';

/** One environment variable: how it is read, and what `--help` says of it. */
export interface Variable {
  readonly description: string;
  /** Written as a user would; undefined: unset. */
  readonly default?: string;
  /** For numbers as they are, for durations in ms. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** As in DexTokenBroker, a value of 0 or less stands for the default. */
  readonly zeroMeansDefault?: true;
  readonly choices?: readonly string[];
  /** How the process runs, not what it decides: allowed beside CONFIG_FILE, and wins over it. */
  readonly process?: true;
}

const DAY = 86_400_000;

const duration = { minimum: 1, maximum: DAY, zeroMeansDefault: true } as const;

/** Every variable that control reads, in the order of `--help`. */
export const VARIABLES = {
  CONFIG_FILE: { description: 'a YAML file with the whole configuration; the same as --config' },
  LISTEN_ADDR: { process: true, default: ':8080', description: 'where Envoy ext_authz asks /check; off: nowhere' },
  FILTER_LISTEN_ADDR: {
    process: true,
    default: '127.0.0.1:8081',
    description: 'where the filter asks /v1/*: host:port or unix:/path; off: nowhere',
  },
  FILTER_SOCKET_MODE: { process: true, default: '0660', description: 'permissions of the socket of unix:/path' },
  FILTER_TLS_CERT_FILE: { process: true, description: 'PEM certificate of the filter listener' },
  FILTER_TLS_KEY_FILE: { process: true, description: 'PEM key of that certificate' },
  FILTER_TLS_CLIENT_CA_FILE: { process: true, description: 'PEM authorities whose certificates filters must show' },
  GRPC_LISTEN_ADDR: {
    process: true,
    default: 'off',
    description: 'where Envoy ext_authz asks over gRPC: host:port or unix:/path; off: nowhere',
  },
  GRPC_SOCKET_MODE: { process: true, default: '0660', description: 'permissions of the socket of unix:/path' },
  GRPC_TLS_CERT_FILE: { process: true, description: 'PEM certificate of the gRPC listener' },
  GRPC_TLS_KEY_FILE: { process: true, description: 'PEM key of that certificate' },
  GRPC_TLS_CLIENT_CA_FILE: { process: true, description: 'PEM authorities whose certificates Envoys must show' },
  GRPC_ALLOW_ANY_CLIENT: {
    process: true,
    default: 'false',
    description: 'open the gRPC listener to other machines without client certificates; whoever reaches it gets tokens',
  },
  ADMIN_LISTEN_ADDR: {
    process: true,
    default: '127.0.0.1:8082',
    description: '/healthz, /readyz and /metrics; off: nowhere',
  },
  LOG_LEVEL: { process: true, default: 'INFO', description: 'DEBUG, INFO, WARN or ERROR' },
  SHUTDOWN_TIMEOUT: {
    process: true,
    default: '10s',
    minimum: 0,
    maximum: DAY,
    description: 'how long requests in flight may take at shutdown',
  },
  SERVICE_ACCOUNT_FOLDER: {
    process: true,
    default: '/var/run/secrets/kubernetes.io/serviceaccount',
    description: 'where token, ca.crt and namespace of the pod that control runs in are',
  },
  ...TELEMETRY_VARIABLES,
  ...TOKEN_EXCHANGE_COMPANIONS,
  DEX_TOKEN_URL: { default: 'https://dex.dex.svc.cluster.local/token', description: "the issuer's token endpoint" },
  ALLOW_INSECURE_DEX_URL: { default: 'false', description: 'allow a token endpoint over plain http://' },
  HTTP_TIMEOUT: { default: '5s', ...duration, description: 'for one token request, connect to last byte' },
  ISSUER_CA_FILE: { description: "PEM authorities to trust for the issuer instead of the system's" },
  CLIENT_AUTH_METHOD: {
    default: 'client_secret_basic',
    choices: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth'],
    description: 'how clients authenticate at the issuer',
  },
  CLIENT_PRIVATE_KEY_FILE: { description: 'private_key_jwt: PKCS #8 PEM key that signs the assertion' },
  CLIENT_KEY_ID: { description: 'private_key_jwt: kid of the assertion' },
  CLIENT_ASSERTION_ALGORITHM: {
    default: 'RS256',
    choices: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    description: 'private_key_jwt: alg of the assertion',
  },
  CLIENT_ASSERTION_AUDIENCE: { description: 'private_key_jwt: aud of the assertion; unset: the token endpoint' },
  CLIENT_CERT_FILE: { description: 'tls_client_auth: PEM certificate shown to the issuer (RFC 8705)' },
  CLIENT_KEY_FILE: { description: 'tls_client_auth: PEM key of that certificate' },
  TOKEN_PARAMETERS: { description: 'more parameters of the token request, form-encoded: audience=a&resource=b' },
  ISSUER_CONCURRENCY: { default: '32', minimum: 1, maximum: 10_000, description: 'token requests under way at once' },
  ISSUER_RATE: { default: '100', minimum: 0.1, maximum: 100_000, description: 'token requests per second, on average' },
  ISSUER_BURST: { default: '200', minimum: 1, maximum: 100_000, description: 'token requests at once after a pause' },
  ISSUER_BREAKER_FAILURES: {
    default: '5',
    minimum: 1,
    maximum: 10_000,
    description: 'failures in a row after which the issuer is left alone for a while',
  },
  ISSUER_BREAKER_OPEN: {
    default: '1s',
    minimum: 100,
    maximum: 3_600_000,
    description: 'how long that while is at first; it doubles up to ten times this',
  },
  CLIENT_ID_HEADER: { default: 'x-client-id', description: 'request header with the client id' },
  CLIENT_SECRET_HEADER: { default: 'x-client-secret', description: 'request header with the client secret' },
  SCOPE_HEADER: { default: 'x-scope', description: 'request header with the scope' },
  STATIC_CLIENT_ID: { description: 'a fixed client id; the header is not read' },
  STATIC_CLIENT_SECRET: { description: 'a fixed client secret; the header is not read' },
  STATIC_SCOPE: { description: 'a fixed scope; the header is not read' },
  UPSTREAM_AUTH_HEADER: { default: 'Authorization', description: 'header of the backend request that gets the token' },
  UPSTREAM_TOKEN_HEADERS: { description: 'more headers from the token response: json_field[:header],…' },
  JWKS_URL: { description: 'where the keys of trusted JWTs are; when set, every caller needs a JWT' },
  JWKS_URLS: { description: 'more of these, separated by commas' },
  JWKS_PROVIDERS: {
    description: 'JSON: [{"url":…,"issuer":…,"audience":…}], each with issuers and audiences of its own',
  },
  JWKS_CA_FILE: { description: "PEM authorities to trust for these instead of the system's" },
  JWT_HEADER: { default: 'Authorization', description: "request header with the caller's JWT" },
  JWT_ISSUER: { description: 'iss must be one of these, separated by commas; for JWKS_URL and JWKS_URLS' },
  JWT_AUDIENCE: { description: 'aud must hold one of these, separated by commas; for JWKS_URL and JWKS_URLS' },
  JWT_DECISION_MAX_AGE: {
    default: '5m',
    minimum: 1000,
    maximum: DAY,
    description: "how long a decision on a caller's JWT may be given again",
  },
  CACHE_MAX_ENTRIES: {
    default: '1024',
    minimum: 0,
    maximum: 1_000_000,
    description: 'tokens kept; 0 switches every cache off',
  },
  CACHE_CLEANUP_INTERVAL: { default: '5m', ...duration, description: 'how often expired tokens are removed' },
  EXPIRY_SAFETY_MARGIN: {
    default: '30s',
    ...duration,
    description: 'time a token must still be valid for; a fifth of its lifetime where that is shorter',
  },
  CACHE_KEY_FILE: { description: 'key of the caches, 32 bytes or more, the same on all replicas; unset: random' },
  ...TOKEN_EXCHANGE_VARIABLES,
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof VARIABLES;
