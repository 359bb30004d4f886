import type {
  Configuration,
  ListenAddress,
  ListenerConfiguration,
  ListenerTls,
  MetricsListener,
} from './configuration.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import { parseListenAddress } from './listen-address.ts';
import { isOpen, whatOpens } from './listener-reach.ts';
import { parseLogLevel, parseSocketMode, parseSwitch } from './parse-values.ts';
import type { Problems } from './problems.ts';
import type { Files } from './read-files.ts';
import type { VariableName } from './variables.ts';

/** How the process runs: the part of the configuration that the environment may say beside a file. */
export type ProcessSettings = Pick<Configuration, 'listeners' | 'logLevel' | 'shutdownTimeout'>;

interface Sources {
  readonly reader: EnvironmentReader;
  readonly files: Files;
  readonly problems: Problems;
}

const ADDRESS = 'a listen address; write :8080, host:8080, [::1]:8080 or off';
const GRPC_ADDRESS = 'a listen address; write 127.0.0.1:8083, [::1]:8083, unix:/path (of 103 bytes at most) or off';
const FILTER_ADDRESS = 'a listen address; write 127.0.0.1:8081, [::1]:8081, unix:/path (of 103 bytes at most) or off';

/** @param file what the configuration file says; a variable that is set wins over it */
export function readProcessSettings(sources: Sources, file?: ProcessSettings): ProcessSettings {
  const { reader } = sources;
  const choose = <Value>(name: VariableName, fromFile: Value | undefined, read: () => Value): Value =>
    file === undefined || reader.has(name) ? read() : (fromFile as Value);
  return {
    listeners: {
      check: choose('LISTEN_ADDR', file?.listeners.check, () => listener(sources, 'LISTEN_ADDR', ADDRESS)),
      filter: choose('FILTER_LISTEN_ADDR', file?.listeners.filter, () => filterListener(sources)),
      grpc: choose('GRPC_LISTEN_ADDR', file?.listeners.grpc, () => grpcListener(sources)),
      grpcTls: file?.listeners.grpcTls,
      metrics: metricsListener(reader),
      admin: choose('ADMIN_LISTEN_ADDR', file?.listeners.admin, () => listener(sources, 'ADMIN_LISTEN_ADDR', ADDRESS)),
    },
    logLevel: choose('LOG_LEVEL', file?.logLevel, () =>
      reader.parsed('LOG_LEVEL', parseLogLevel, 'a log level; use DEBUG, INFO, WARN or ERROR'),
    ),
    shutdownTimeout: choose('SHUTDOWN_TIMEOUT', file?.shutdownTimeout, () => reader.duration('SHUTDOWN_TIMEOUT')),
  };
}

/** ext-authz-token-exchange's, for Prometheus in the cluster: it shows nothing but metrics. */
function metricsListener(reader: EnvironmentReader): MetricsListener | undefined {
  if (!reader.parsed('METRICS_ENABLED', parseSwitch, 'true or false')) return undefined;
  const parse = (text: string) => (/^\/[!-~]*$/.test(text) && !/[?#:*]/.test(text) ? text : undefined);
  const path = reader.parsed('METRICS_PATH', parse, 'a path; write one such as /metrics');
  return { address: { host: '', port: reader.integer('METRICS_PORT') }, tls: undefined, path };
}

function listener(
  { reader }: Sources,
  name: VariableName,
  expected: string,
  socketMode?: number,
): ListenerConfiguration | undefined {
  if (reader.text(name) === 'off') {
    return undefined;
  }
  const parse = (text: string) => {
    const address = parseListenAddress(text, socketMode ?? 0);
    return address !== undefined && 'path' in address && socketMode === undefined ? undefined : address;
  };
  const address: ListenAddress | undefined = reader.parsed(name, parse, expected);
  // After a problem there is none where the default is off.
  return address && { address, tls: undefined };
}

type Guarded = 'FILTER' | 'GRPC';

/** One that gives tokens to whoever reaches it. */
function guardedListener(sources: Sources, prefix: Guarded, expected: string): ListenerConfiguration | undefined {
  const { reader } = sources;
  const mode = reader.parsed(
    `${prefix}_SOCKET_MODE`,
    parseSocketMode,
    'a file mode; write three octal digits such as 0660',
  );
  const plain = listener(sources, `${prefix}_LISTEN_ADDR`, expected, mode);
  const tls = readTls(sources, prefix);
  return plain === undefined ? undefined : { ...plain, tls };
}

function filterListener(sources: Sources): ListenerConfiguration | undefined {
  const guarded = guardedListener(sources, 'FILTER', FILTER_ADDRESS);
  if (isOpen(guarded)) sources.problems.add('FILTER_LISTEN_ADDR', whatOpens(tlsNames('FILTER').join(', ')));
  return guarded;
}

function grpcListener(sources: Sources): ListenerConfiguration | undefined {
  const { reader, problems } = sources;
  const guarded = guardedListener(sources, 'GRPC', GRPC_ADDRESS);
  if (isOpen(guarded) && !reader.boolean('GRPC_ALLOW_ANY_CLIENT')) {
    const advice = 'or GRPC_ALLOW_ANY_CLIENT=true, where something in front admits Envoys alone';
    problems.add('GRPC_LISTEN_ADDR', `${whatOpens(tlsNames('GRPC').join(', '))}; ${advice}`);
  }
  return guarded;
}

function tlsNames(prefix: Guarded) {
  return [`${prefix}_TLS_CERT_FILE`, `${prefix}_TLS_KEY_FILE`, `${prefix}_TLS_CLIENT_CA_FILE`] as const;
}

/** Clients of the filter listener must show certificates wherever it uses TLS; those of the gRPC listener need not. */
function readTls({ reader, files, problems }: Sources, prefix: Guarded): ListenerTls | undefined {
  const names = tlsNames(prefix);
  const [certificateFile, keyFile, clientCaFile] = names.map((name) => reader.optional(name));
  const optional = prefix === 'GRPC' ? names[2] : undefined;
  if (names.every((name) => !reader.has(name))) {
    return undefined;
  }
  const missing = names.filter((name) => name !== optional && !reader.has(name));
  if (certificateFile === undefined || keyFile === undefined || missing.length > 0) {
    for (const name of missing) {
      problems.add(name, `is missing; set ${names.join(', ')}, or none of them`);
    }
    return undefined;
  }
  return {
    certificateFile: files.certificates(names[0], certificateFile),
    keyFile: files.privateKey(names[1], keyFile),
    clientCaFile: clientCaFile && files.certificates(names[2], clientCaFile),
  };
}
