import type { Configuration, IssuerConfiguration, PolicySettings } from '../configuration.ts';
import { type Environment, EnvironmentReader } from '../environment-reader.ts';
import { readBudget, readCache } from '../environment-settings.ts';
import type { ExchangeDefaults } from '../exchange.ts';
import { reachWarnings } from '../listener-reach.ts';
import type { OperatorContext } from '../operator-value.ts';
import { parseSwitch } from '../parse-values.ts';
import { configMapWarnings, readConfigMaps } from '../policy-config-maps.ts';
import { Problems, shown } from '../problems.ts';
import { readProcessSettings } from '../process-settings.ts';
import { IN_CLUSTER, implicitClusters } from '../read-clusters.ts';
import { Files, type ReadFile } from '../read-files.ts';
import type { ReadSecret } from '../secret-reference.ts';
import { EXT_AUTHZ_TOKEN_EXCHANGE_HABITS, readTelemetrySettings } from '../telemetry-settings.ts';
import type { VariableName } from '../variables.ts';
import { checkRealm, type IssuerDefaults, readIssuerProfiles } from './issuer-profiles.ts';
import { readListeners } from './listeners.ts';
import { refuseMixture } from './mode.ts';
import { readNamespaceHosts } from './namespace-hosts.ts';

const TOKEN_TYPE = /^[A-Za-z][A-Za-z0-9+.-]*:[!-~]{1,256}$/;

interface Sources {
  readonly reader: EnvironmentReader;
  readonly files: Files;
  readonly problems: Problems;
}

/**
 * The configuration that the environment of ext-authz-token-exchange describes, with its defaults: policy in ConfigMaps of
 * the cluster around it, issuers in a file, gRPC on every address.
 *
 * @param decisive the variable by which the mode is known
 * @throws ConfigurationError with everything that is wrong
 */
export function readTokenExchangeEnvironment(
  given: Environment,
  readFile: ReadFile,
  decisive: string,
  readSecret: ReadSecret = () => 'cannot be read here',
): Configuration {
  const problems = new Problems();
  const environment = trimmed(given);
  refuseMixture(environment, decisive, problems);
  const reader = new EnvironmentReader(environment, problems);
  const files = new Files(readFile, problems);
  const sources = { reader, files, problems };
  const process = readProcessSettings(sources, {
    listeners: readListeners(sources),
    logLevel: 'info',
    shutdownTimeout: reader.duration('SHUTDOWN_TIMEOUT'),
  });
  const clusters = implicitClusters(environment);
  if (!clusters.has(IN_CLUSTER)) {
    problems.add(
      'KUBERNETES_SERVICE_HOST',
      `is missing, or KUBERNETES_SERVICE_PORT is; with ${decisive} policy is in ConfigMaps of the cluster that control runs in, so run it in a pod, or use a file (CONFIG_FILE)`,
    );
  }
  const policy = readPolicy(sources, clusters);
  const configuration = {
    ...process,
    ...readTelemetrySettings(sources, undefined, EXT_AUTHZ_TOKEN_EXCHANGE_HABITS),
    cache: readCache(reader, files),
    issuers: readIssuers(sources, { environment: given, readFile, clusters, readSecret }),
    providers: new Map(),
    clusters,
    policy,
    warnings: [
      ...reachWarnings(process.listeners.grpc),
      ...configMapWarnings(policy.configMaps, 'CONFIGMAP_NAMESPACE_HOSTS'),
      ...tokenLogWarnings(reader),
    ],
  };
  problems.throwIfAny();
  return configuration;
}

function readIssuers(sources: Sources, operator: OperatorContext): ReadonlyMap<string, IssuerConfiguration> {
  const { reader, files, problems } = sources;
  const path = reader.optional('TOKEN_EXCHANGE_ISSUER_PROFILES_FILE');
  const defaults = readDefaults(sources);
  return path === undefined ? new Map() : readIssuerProfiles(path, { operator, defaults, files, problems });
}

function readDefaults({ reader, problems }: Sources): IssuerDefaults {
  const realm = reader.text('TOKEN_EXCHANGE_BEARER_REALM');
  checkRealm('TOKEN_EXCHANGE_BEARER_REALM', realm, problems);
  for (const name of ['TOKEN_ENDPOINT_MAX_IDLE_CONNS', 'TOKEN_ENDPOINT_MAX_IDLE_CONNS_PER_HOST'] as const) {
    reader.integer(name);
  }
  readSwitch(reader, 'GRPC_LOG_HEALTH_CHECKS');
  return {
    method: reader.choice('TOKEN_ENDPOINT_AUTH_METHOD', ['client_secret_basic', 'client_secret_post']),
    allowsHttp: readSwitch(reader, 'TOKEN_EXCHANGE_ALLOW_HTTP_TOKEN_ENDPOINT'),
    namespace: reader.optional('POD_NAMESPACE'),
    timeout: reader.duration('TOKEN_ENDPOINT_REQUEST_TIMEOUT'),
    timeouts: {
      connect: reader.duration('TOKEN_ENDPOINT_DIAL_TIMEOUT'),
      tlsHandshake: reader.duration('TOKEN_ENDPOINT_TLS_HANDSHAKE_TIMEOUT'),
      headers: reader.duration('TOKEN_ENDPOINT_RESPONSE_HEADER_TIMEOUT'),
      idle: reader.duration('TOKEN_ENDPOINT_IDLE_CONN_TIMEOUT'),
    },
    // Go's TLS trusts what SSL_CERT_FILE names, so the original does.
    caFile: reader.optional('ISSUER_CA_FILE') ?? reader.optional('SSL_CERT_FILE'),
    exchange: readExchange(reader, problems),
    realm,
    showErrors: readSwitch(reader, 'TOKEN_EXCHANGE_ERROR_PASSTHROUGH'),
    budget: readBudget(reader),
  };
}

function readExchange(reader: EnvironmentReader, problems: Problems): ExchangeDefaults {
  const checked = readSwitch(reader, 'TOKEN_EXCHANGE_REQUIRE_ISSUED_TOKEN_TYPE');
  const grantType = reader.text('TOKEN_EXCHANGE_GRANT_TYPE');
  if (!/^[!-~]{1,256}$/.test(grantType)) {
    problems.add('TOKEN_EXCHANGE_GRANT_TYPE', `${shown(grantType)} is no grant type; write a word or a URI`);
  }
  const [subjectTokenType = '', issuedTokenType = ''] = (
    ['TOKEN_EXCHANGE_SUBJECT_TOKEN_TYPE', 'TOKEN_EXCHANGE_EXPECTED_ISSUED_TOKEN_TYPE'] as const
  ).map((name) => {
    const text = reader.text(name);
    if (!TOKEN_TYPE.test(text)) problems.add(name, `${shown(text)} is no token type; write a URI`);
    return text;
  });
  return {
    grantType,
    subjectTokenType,
    issuedTokenType: checked ? issuedTokenType : undefined,
    checksIssuedTokenType: checked,
  };
}

function readPolicy({ reader, problems }: Sources, clusters: Configuration['clusters']): PolicySettings {
  const names = { selector: 'CONFIGMAP_LABEL_SELECTOR', namespaceSelector: 'CONFIGMAP_NAMESPACE_SELECTOR' } as const;
  const configMaps = clusters.has(IN_CLUSTER)
    ? readConfigMaps(
        {
          selector: reader.text(names.selector),
          namespaceSelector: reader.text(names.namespaceSelector),
          key: 'config.yaml',
          ...readNamespaceHosts('CONFIGMAP_NAMESPACE_HOSTS', reader.optional('CONFIGMAP_NAMESPACE_HOSTS'), problems),
          trustedNamespaces: [],
        },
        { clusters, problems, settings: names },
      )
    : undefined;
  return {
    entries: [],
    unmatched: readSwitch(reader, 'TOKEN_EXCHANGE_DEFAULT_DENY_UNMATCHED') ? 'deny' : 'pass',
    files: [],
    configMaps,
    revocations: [],
    refusals: 'json',
    unauthenticatedOptions: readSwitch(reader, 'TOKEN_EXCHANGE_ALLOW_UNAUTHENTICATED_OPTIONS') ? 'pass' : 'preflight',
  };
}

/** Nothing logs tokens, so the switch can only be told of. */
function tokenLogWarnings(reader: EnvironmentReader): readonly string[] {
  const name = 'TOKEN_EXCHANGE_INSECURE_LOG_TOKENS';
  return readSwitch(reader, name)
    ? [`${name} has no effect: nothing here logs tokens. AUDIT_LOG records who got which audience on whose behalf`]
    : [];
}

function readSwitch(reader: EnvironmentReader, name: VariableName): boolean {
  return reader.parsed(name, parseSwitch, 'true or false');
}

/** White space around values does not count. */
function trimmed(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value?.trim()]));
}
