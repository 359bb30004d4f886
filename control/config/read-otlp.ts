import type { EnvironmentReader } from './environment-reader.ts';
import { type OtlpPart, type OtlpProtocol, type OtlpVariable, PROTOCOLS, type Signal } from './otlp-variables.ts';
import type { Problems } from './problems.ts';
import type { Files } from './read-files.ts';

interface Sources {
  readonly reader: EnvironmentReader;
  readonly files: Files;
  readonly problems: Problems;
}

/** The port that IANA has registered for OTLP over gRPC: http/protobuf never works there. */
const GRPC_PORT = '4317';

/** A field name of RFC 9110 section 5.6.2, and a value that may be percent-encoded. */
const HEADER = /^\s*[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*=\s*[\x21-\x2b\x2d-\x7e]+\s*$/;

/**
 * Says how one signal is sent, and what is wrong with that. The exporter reads the same variables itself, and would go on
 * with a default where one is bad: spans would be lost, or sent without TLS, in silence.
 */
export function readOtlp(signal: Signal, sources: Sources, usual: OtlpProtocol): OtlpProtocol {
  const { reader } = sources;
  const protocol = readProtocol(signal, reader, usual);
  checkEndpoint(signal, sources, protocol);
  for (const name of set(signal, 'HEADERS', reader)) checkHeaders(name, sources);
  for (const name of set(signal, 'TIMEOUT', reader)) reader.integer(name);
  for (const name of set(signal, 'COMPRESSION', reader)) reader.choice(name, ['none', 'gzip']);
  for (const name of set(signal, 'INSECURE', reader)) reader.boolean(name);
  checkCertificates(signal, sources);
  return protocol;
}

function nameOf<S extends Signal>(signal: S, part: OtlpPart): OtlpVariable {
  return `OTEL_EXPORTER_OTLP_${signal}_${part}`;
}

/** The variables of a part that are set; the first wins. */
function set(signal: Signal, part: OtlpPart, reader: EnvironmentReader): OtlpVariable[] {
  const names: OtlpVariable[] = [nameOf(signal, part), `OTEL_EXPORTER_OTLP_${part}`];
  return names.filter((name) => reader.has(name));
}

function readProtocol(signal: Signal, reader: EnvironmentReader, usual: OtlpProtocol): OtlpProtocol {
  const [name] = set(signal, 'PROTOCOL', reader);
  if (name !== undefined) return reader.choice(name, PROTOCOLS) ?? usual;
  const [endpoint] = set(signal, 'ENDPOINT', reader);
  return endpoint !== undefined && parseEndpoint(reader.text(endpoint))?.port === GRPC_PORT ? 'grpc' : usual;
}

/** Over gRPC, an endpoint may be a host and a port alone. */
function checkEndpoint(signal: Signal, { reader, problems }: Sources, protocol: OtlpProtocol): void {
  const [name] = set(signal, 'ENDPOINT', reader);
  if (name === undefined) return;
  const text = reader.text(name);
  const url = protocol === 'grpc' || text.includes('://') ? parseEndpoint(text) : undefined;
  // The value is not shown: it may hold credentials.
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    const example = protocol === 'grpc' ? 'http://localhost:4317' : 'http://localhost:4318';
    problems.add(name, `is not an http:// or https:// URL; write ${example}`);
  }
}

function parseEndpoint(text: string): URL | undefined {
  return URL.parse(text.includes('://') ? text.trim() : `https://${text.trim()}`) ?? undefined;
}

function checkHeaders(name: OtlpVariable, { reader, problems }: Sources): void {
  // As above.
  if (!reader.text(name).split(',').every(isHeader)) {
    problems.add(name, 'is not a list of headers; write name=value,…, with values percent-encoded');
  }
}

function isHeader(text: string): boolean {
  try {
    return HEADER.test(text) && decodeURIComponent(text) !== '';
  } catch {
    return false;
  }
}

function checkCertificates(signal: Signal, { reader, files, problems }: Sources): void {
  for (const name of set(signal, 'CERTIFICATE', reader)) files.certificates(name, reader.text(name));
  const certificates = set(signal, 'CLIENT_CERTIFICATE', reader);
  const keys = set(signal, 'CLIENT_KEY', reader);
  for (const name of certificates) files.certificates(name, reader.text(name));
  for (const name of keys) files.privateKey(name, reader.text(name));
  const [given] = [...certificates, ...keys];
  if (given !== undefined && (certificates.length === 0 || keys.length === 0)) {
    problems.add(given, 'is of no use alone; set a client certificate and its key, or neither');
  }
}
