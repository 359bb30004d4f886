import type { Configuration, ListenerConfiguration } from '../configuration.ts';
import type { EnvironmentReader } from '../environment-reader.ts';
import type { Problems } from '../problems.ts';
import type { Files } from '../read-files.ts';

interface Sources {
  readonly reader: EnvironmentReader;
  readonly files: Files;
  readonly problems: Problems;
}

/**
 * Where ext-authz-token-exchange listens: gRPC on every address, for any client, with TLS on a second port where there is a
 * certificate. The filter's listener and the admin one are ours, and local.
 */
export function readListeners(sources: Sources): Configuration['listeners'] {
  const { reader } = sources;
  return {
    check: undefined,
    filter: local(8081),
    grpc: everywhere(reader.integer('GRPC_PORT')),
    grpcTls: readTlsListener(sources),
    admin: local(8082),
  };
}

function readTlsListener({ reader, files, problems }: Sources): ListenerConfiguration | undefined {
  const names = ['GRPC_TLS_CERT_FILE', 'GRPC_TLS_KEY_FILE'] as const;
  const [certificateFile, keyFile] = names.map((name) => reader.optional(name));
  const clientCaFile = reader.optional('GRPC_TLS_CLIENT_CA_FILE');
  if ([certificateFile, keyFile, clientCaFile].every((file) => file === undefined)) return undefined;
  for (const name of names.filter((candidate) => !reader.has(candidate))) {
    problems.add(name, `is missing; set ${names.join(' and ')}, or none of the variables GRPC_TLS_*_FILE`);
  }
  if (certificateFile === undefined || keyFile === undefined) return undefined;
  return {
    ...everywhere(reader.integer('GRPC_TLS_PORT')),
    tls: {
      certificateFile: files.certificates(names[0], certificateFile),
      keyFile: files.privateKey(names[1], keyFile),
      clientCaFile: clientCaFile && files.certificates('GRPC_TLS_CLIENT_CA_FILE', clientCaFile),
    },
  };
}

function everywhere(port: number): ListenerConfiguration {
  return { address: { host: '', port }, tls: undefined };
}

function local(port: number): ListenerConfiguration {
  return { address: { host: '127.0.0.1', port }, tls: undefined };
}
