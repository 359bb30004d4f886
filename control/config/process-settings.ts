import type { Configuration, ListenerConfiguration, ListenerTls } from './configuration.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import { isLocal, parseListenAddress } from './listen-address.ts';
import { parseLogLevel, parseSocketMode } from './parse-values.ts';
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
      admin: choose('ADMIN_LISTEN_ADDR', file?.listeners.admin, () => listener(sources, 'ADMIN_LISTEN_ADDR', ADDRESS)),
    },
    logLevel: choose('LOG_LEVEL', file?.logLevel, () =>
      reader.parsed('LOG_LEVEL', parseLogLevel, 'a log level; use DEBUG, INFO, WARN or ERROR'),
    ),
    shutdownTimeout: choose('SHUTDOWN_TIMEOUT', file?.shutdownTimeout, () => reader.duration('SHUTDOWN_TIMEOUT')),
  };
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
  return { address: reader.parsed(name, parse, expected), tls: undefined };
}

function filterListener(sources: Sources): ListenerConfiguration | undefined {
  const { reader, problems } = sources;
  const mode = reader.parsed(
    'FILTER_SOCKET_MODE',
    parseSocketMode,
    'a file mode; write three octal digits such as 0660',
  );
  const plain = listener(sources, 'FILTER_LISTEN_ADDR', FILTER_ADDRESS, mode);
  const tls = filterTls(sources);
  if (plain !== undefined && tls === undefined && !isLocal(plain.address)) {
    problems.add(
      'FILTER_LISTEN_ADDR',
      'whoever reaches this listener gets tokens, and others than this machine could; use a loopback address or ' +
        'unix:/path, or set FILTER_TLS_CERT_FILE, FILTER_TLS_KEY_FILE and FILTER_TLS_CLIENT_CA_FILE',
    );
  }
  return plain === undefined ? undefined : { ...plain, tls };
}

function filterTls({ reader, files, problems }: Sources): ListenerTls | undefined {
  const names = ['FILTER_TLS_CERT_FILE', 'FILTER_TLS_KEY_FILE', 'FILTER_TLS_CLIENT_CA_FILE'] as const;
  const [certificateFile, keyFile, clientCaFile] = names.map((name) => reader.optional(name));
  if (certificateFile === undefined && keyFile === undefined && clientCaFile === undefined) {
    return undefined;
  }
  if (certificateFile === undefined || keyFile === undefined || clientCaFile === undefined) {
    for (const name of names.filter((candidate) => !reader.has(candidate))) {
      problems.add(name, `is missing; set ${names.join(', ')}, or none of them`);
    }
    return undefined;
  }
  return {
    certificateFile: files.certificates('FILTER_TLS_CERT_FILE', certificateFile),
    keyFile: files.privateKey('FILTER_TLS_KEY_FILE', keyFile),
    clientCaFile: files.certificates('FILTER_TLS_CLIENT_CA_FILE', clientCaFile),
  };
}
