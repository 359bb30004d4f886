import type { Configuration, ListenerConfiguration } from './configuration.ts';
import type { ConfigurationDocument, ListenerDocument } from './document.ts';
import { readDurationOf } from './duration.ts';
import { EntryContext, type ReadDuration } from './entry-context.ts';
import { type Environment, EnvironmentReader } from './environment-reader.ts';
import { readIssuerDocument } from './file-issuer.ts';
import { readProviderDocument } from './file-provider.ts';
import { parseListenAddress } from './listen-address.ts';
import { isOpen, reachWarnings, whatOpens } from './listener-reach.ts';
import { parseSocketMode } from './parse-values.ts';
import { configMapWarnings, readConfigMaps } from './policy-config-maps.ts';
import { ConfigurationError, Problems, shown } from './problems.ts';
import { type ProcessSettings, readProcessSettings } from './process-settings.ts';
import { providerWarnings } from './provider-settings.ts';
import { readClusters } from './read-clusters.ts';
import { readEntry } from './read-entry.ts';
import { Files, type ReadFile } from './read-files.ts';
import { readRevocation } from './revocation.ts';
import type { ReadSecret } from './secret-reference.ts';
import { readSharedCache, sharedCacheWarnings } from './shared-cache.ts';
import { readTelemetrySettings } from './telemetry-settings.ts';
import { isMeant } from './token-exchange/mode.ts';
import { validateDocument } from './validate-document.ts';
import { VARIABLES, type Variable } from './variables.ts';

const DAY = 86_400_000;
const TLS_FIELDS = 'tls with certificateFile, keyFile and clientCaFile';

/**
 * The configuration that a YAML file describes (schema.json). Variables that say how the process runs win over it; those
 * that say what it decides must not stand beside it, because nobody could tell which of the two holds.
 *
 * @throws ConfigurationError with everything that is wrong
 */
export function readConfigurationFile(
  path: string,
  environment: Environment,
  readFile: ReadFile,
  readSecret: ReadSecret = () => 'cannot be read here',
): Configuration {
  const problems = new Problems();
  const files = new Files(readFile, problems);
  refuseOtherSource(path, environment, problems);
  const text = files.secret('CONFIG_FILE', path)?.reveal() ?? '';
  problems.throwIfAny();
  const document = prefixed(path, () => validateDocument(text));
  const duration = readDurationOf(problems);
  const reader = new EnvironmentReader(environment, problems);
  const settings = processSettings(document, duration, files, problems);
  const clusters = readClusters(document.clusters, { environment, duration, problems });
  const operator = { environment, readFile, clusters, readSecret };
  const issuers = Object.entries(document.issuers).map(([name, issuer]) =>
    readIssuerDocument(name, issuer, { ...operator, duration, files, problems }),
  );
  const providers = new Map(
    Object.entries(document.providers).map(([name, provider]) => [
      name,
      readProviderDocument(name, provider, { duration, files, problems }),
    ]),
  );
  const { maximumEntries, cleanupInterval, safetyMargin, keyFile } = document.cache;
  const shared =
    document.cache.shared &&
    readSharedCache(document.cache.shared, { operator, duration, files, problems, cache: document.cache });
  const process = readProcessSettings({ reader, files, problems }, settings);
  const configMaps = document.policy.configMaps && readConfigMaps(document.policy.configMaps, { clusters, problems });
  const configuration = {
    ...process,
    ...readTelemetrySettings(
      { reader, files, problems },
      document.audit && { setting: 'audit.log', ...document.audit },
    ),
    cache: {
      maximumEntries,
      cleanupInterval: duration('cache.cleanupInterval', cleanupInterval, 1, DAY),
      safetyMargin: duration('cache.safetyMargin', safetyMargin, 1, DAY),
      key: keyFile === undefined ? undefined : files.key('cache.keyFile', keyFile),
      shared,
    },
    issuers: new Map(issuers.map((issuer) => [issuer.name, issuer])),
    providers,
    clusters,
    policy: {
      unmatched: document.policy.unmatched,
      revocations: document.policy.revocations.flatMap((revocation, index) => {
        const setting = `policy.revocations[${index}]`;
        return readRevocation(revocation, new EntryContext({ setting, problems, duration, operator: undefined })) ?? [];
      }),
      refusals: document.policy.refusals,
      unauthenticatedOptions: document.policy.unauthenticatedOptions,
      files: document.policy.files.map(({ path: location, hosts, trusted }) => ({
        path: location,
        hosts: hosts?.map((host) => host.toLowerCase()),
        trusted,
      })),
      configMaps,
      entries: document.policy.entries.map((entry, index) => {
        const { id = `entry-${index}` } = entry;
        return readEntry(entry, id, new EntryContext({ setting: `policy entry ${id}`, problems, duration, operator }));
      }),
    },
    warnings: [
      ...providerWarnings(providers.values()),
      ...reachWarnings(process.listeners.grpc),
      ...configMapWarnings(configMaps),
      ...sharedCacheWarnings(shared),
    ],
  };
  problems.throwIfAny();
  return configuration;
}

function refuseOtherSource(path: string, environment: Environment, problems: Problems): void {
  const deciding = Object.entries(VARIABLES)
    .filter(([name, variable]: [string, Variable]) => name !== 'CONFIG_FILE' && !variable.process)
    .map(([name]) => name);
  for (const name of deciding.filter((candidate) => isMeant(environment[candidate]))) {
    problems.add(`CONFIG_FILE and ${name}`, `are both set; say it in ${path} and unset ${name}, or unset CONFIG_FILE`);
  }
}

/** Problems of the document, with the file's name in front. */
function prefixed<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) {
      throw error;
    }
    throw new ConfigurationError(
      error.problems.map(({ setting, message }) => ({ setting: `${path}: ${setting}`, message })),
    );
  }
}

function processSettings(
  document: ConfigurationDocument,
  duration: ReadDuration,
  files: Files,
  problems: Problems,
): ProcessSettings {
  const { check, filter, grpc, admin } = document.listeners;
  const read = (name: string, listener: ListenerDocument) =>
    readListener(`listeners.${name}`, listener, files, problems);
  const settings = {
    listeners: {
      check: check && read('check', check),
      filter: read('filter', filter),
      grpc: grpc && read('grpc', grpc),
      admin: read('admin', admin),
    },
    logLevel: document.logLevel,
    shutdownTimeout: duration('shutdownTimeout', document.shutdownTimeout, 0, DAY),
  };
  if (isOpen(settings.listeners.filter)) problems.add('listeners.filter', whatOpens(TLS_FIELDS));
  if (isOpen(settings.listeners.grpc) && !grpc?.allowAnyClient) {
    problems.add(
      'listeners.grpc',
      `${whatOpens(TLS_FIELDS)}; or allowAnyClient, where something in front admits Envoys alone`,
    );
  }
  return settings;
}

function readListener(
  setting: string,
  { address, socketMode = '0660', tls }: ListenerDocument,
  files: Files,
  problems: Problems,
): ListenerConfiguration | undefined {
  if (address === 'off') {
    return undefined;
  }
  const parsed = parseListenAddress(address, parseSocketMode(socketMode) ?? 0);
  if (parsed === undefined) {
    problems.add(
      `${setting}.address`,
      `${shown(address)} is not a listen address; write :8080, host:8080, [::1]:8080, unix:/path or off`,
    );
  }
  return {
    address: parsed ?? { host: 'localhost', port: 0 },
    tls: tls && {
      certificateFile: files.certificates(`${setting}.tls.certificateFile`, tls.certificateFile),
      keyFile: files.privateKey(`${setting}.tls.keyFile`, tls.keyFile),
      clientCaFile: tls.clientCaFile && files.certificates(`${setting}.tls.clientCaFile`, tls.clientCaFile),
    },
  };
}
