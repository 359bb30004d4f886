import { Secret } from '../secret.ts';
import type { ClientCredentialsAction, Configuration, CredentialSource, PolicySettings } from './configuration.ts';
import { staticValueProblem } from './credential-limits.ts';
import { readIssuer } from './environment-issuer.ts';
import { readAuthenticate, readProviders } from './environment-providers.ts';
import { type Environment, EnvironmentReader } from './environment-reader.ts';
import { readCache } from './environment-settings.ts';
import { reachWarnings } from './listener-reach.ts';
import { Problems } from './problems.ts';
import { readProcessSettings } from './process-settings.ts';
import type { ProviderConfiguration } from './provider.ts';
import { providerWarnings } from './provider-settings.ts';
import { implicitClusters } from './read-clusters.ts';
import { Files, type ReadFile } from './read-files.ts';
import { readTelemetrySettings } from './telemetry-settings.ts';
import { readTokenHeaders } from './token-headers.ts';

const PARTS = { STATIC_CLIENT_ID: 'clientId', STATIC_CLIENT_SECRET: 'clientSecret', STATIC_SCOPE: 'scope' } as const;

/** The issuer's name where the environment configures the only one. */
const ISSUER = 'dex';

/**
 * The configuration that environment variables alone describe: DexTokenBroker's, with its defaults, and our own.
 *
 * @throws ConfigurationError with everything that is wrong
 */
export function readEnvironment(environment: Environment, readFile: ReadFile): Configuration {
  const problems = new Problems();
  const reader = new EnvironmentReader(environment, problems);
  const files = new Files(readFile, problems);
  const issuer = readIssuer({ name: ISSUER, reader, files, problems });
  const warnings: string[] = [];
  const providers = readProviders({ reader, files, problems, warnings });
  const process = readProcessSettings({ reader, files, problems });
  const configuration = {
    ...process,
    ...readTelemetrySettings({ reader, files, problems }, undefined),
    cache: readCache(reader, files),
    issuers: new Map([[ISSUER, issuer]]),
    providers,
    clusters: implicitClusters(environment),
    policy: readPolicy(reader, providers, problems),
    warnings: [...warnings, ...providerWarnings(providers.values()), ...reachWarnings(process.listeners.grpc)],
  };
  problems.throwIfAny();
  return configuration;
}

function readPolicy(
  reader: EnvironmentReader,
  providers: ReadonlyMap<string, ProviderConfiguration>,
  problems: Problems,
): PolicySettings {
  const headers = (['CLIENT_ID_HEADER', 'CLIENT_SECRET_HEADER', 'SCOPE_HEADER'] as const).map((name) =>
    reader.headerName(name),
  );
  const [clientId = '', clientSecret = '', scope = ''] = headers;
  const secretless = !reader.text('CLIENT_AUTH_METHOD').startsWith('client_secret_');
  if (secretless && reader.has('STATIC_CLIENT_SECRET')) {
    problems.add('STATIC_CLIENT_SECRET', `is not used by ${reader.text('CLIENT_AUTH_METHOD')}; unset one of the two`);
  }
  const action: ClientCredentialsAction = {
    kind: 'clientCredentials',
    issuer: ISSUER,
    clientId: source(reader, 'STATIC_CLIENT_ID', clientId, problems),
    clientSecret: secretless ? undefined : source(reader, 'STATIC_CLIENT_SECRET', clientSecret, problems),
    scope: source(reader, 'STATIC_SCOPE', scope, problems),
    authorizationHeader: reader.headerName('UPSTREAM_AUTH_HEADER'),
    tokenHeaders: readTokenHeaders('UPSTREAM_TOKEN_HEADERS', reader.text('UPSTREAM_TOKEN_HEADERS'), problems),
    // Also those that a static value overrides: clients may still send them, and the backend must not see them.
    strip: headers,
    authenticate: readAuthenticate(reader, providers),
  };
  refuseSharedHeaders(action, problems);
  const match = { host: '*', pathPrefix: '/', methods: [] };
  const entry = { id: 'default', setting: 'policy entry default', match, unauthenticatedOptions: undefined, action };
  const nothing = { files: [], configMaps: undefined, revocations: [] };
  return { entries: [entry], unmatched: 'deny', ...nothing, refusals: 'plain', unauthenticatedOptions: 'decide' };
}

/** Two parts of the credentials in one header are a mistake that would only show as refusals by the issuer. */
function refuseSharedHeaders({ clientId, clientSecret, scope }: ClientCredentialsAction, problems: Problems): void {
  const sources = { CLIENT_ID_HEADER: clientId, CLIENT_SECRET_HEADER: clientSecret, SCOPE_HEADER: scope };
  const read = new Map<string, string>();
  for (const [name, part] of Object.entries(sources)) {
    if (part?.from === 'header') {
      const other = read.get(part.header);
      if (other !== undefined) {
        problems.add(name, `names the same header as ${other}; give each its own`);
      }
      read.set(part.header, name);
    }
  }
}

function source(
  reader: EnvironmentReader,
  name: keyof typeof PARTS,
  header: string,
  problems: Problems,
): CredentialSource {
  const text = reader.optional(name);
  if (text === undefined) {
    return { from: 'header', header };
  }
  const value = new Secret(text);
  const problem = staticValueProblem(PARTS[name], value);
  if (problem !== undefined) {
    problems.add(name, problem);
  }
  return { from: 'static', value };
}
