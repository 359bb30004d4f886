import { expect, test } from 'vitest';
import { readEnvironment } from '../../../control/config/environment.ts';
import { readConfigurationFile } from '../../../control/config/file.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';

const { certificate, key } = createCertificateAuthority().issue('localhost');
const FILES: Readonly<Record<string, string>> = { '/cert.pem': certificate, '/key.pem': key, '/ca.pem': certificate };
const readFile = (path: string) => Buffer.from(FILES[path] ?? '');

const fromEnvironment = (environment: Record<string, string>) => readEnvironment(environment, readFile).listeners.grpc;

function fromFile(grpc: object | undefined, environment: Record<string, string> = {}) {
  const document = {
    version: 'v1',
    listeners: grpc === undefined ? {} : { grpc },
    issuers: { dex: { tokenEndpoint: 'https://dex.example/token' } },
    policy: { entries: [] },
  };
  const text = (path: string) => (path === '/control.yaml' ? Buffer.from(JSON.stringify(document)) : readFile(path));
  return readConfigurationFile('/control.yaml', environment, text).listeners.grpc;
}

const PAIR = { GRPC_TLS_CERT_FILE: '/cert.pem', GRPC_TLS_KEY_FILE: '/key.pem' };
const TLS = { certificateFile: '/cert.pem', keyFile: '/key.pem' };

test('is off unless it is given', () => {
  expect(fromEnvironment({})).toBeUndefined();
  expect(fromFile(undefined)).toBeUndefined();
});

test.each([
  [{ GRPC_LISTEN_ADDR: '127.0.0.1:8083' }, { address: { host: '127.0.0.1', port: 8083 }, tls: undefined }],
  [
    { GRPC_LISTEN_ADDR: 'unix:/run/grpc.sock', GRPC_SOCKET_MODE: '600' },
    { address: { path: '/run/grpc.sock', mode: 0o600 }, tls: undefined },
  ],
  [{ GRPC_LISTEN_ADDR: 'localhost:1', ...PAIR }, { tls: { ...TLS, clientCaFile: undefined } }],
  [
    { GRPC_LISTEN_ADDR: ':1', ...PAIR, GRPC_TLS_CLIENT_CA_FILE: '/ca.pem' },
    { address: { host: '', port: 1 }, tls: { ...TLS, clientCaFile: '/ca.pem' } },
  ],
  [{ GRPC_LISTEN_ADDR: ':1', GRPC_ALLOW_ANY_CLIENT: 'true' }, { tls: undefined }],
])('is read from variables: %j', (environment, listener) => {
  expect(fromEnvironment(environment)).toMatchObject(listener);
});

test.each<readonly [Record<string, string>, RegExp]>([
  [
    { GRPC_LISTEN_ADDR: ':8083' },
    /^GRPC_LISTEN_ADDR: whoever reaches this listener gets tokens.*GRPC_ALLOW_ANY_CLIENT/,
  ],
  [{ GRPC_LISTEN_ADDR: ':8083', ...PAIR }, /^GRPC_LISTEN_ADDR: whoever reaches this listener gets tokens/],
  [{ GRPC_LISTEN_ADDR: 'nowhere' }, /^GRPC_LISTEN_ADDR: "nowhere" is not a listen address/],
  [{ GRPC_TLS_KEY_FILE: '/key.pem' }, /^GRPC_TLS_CERT_FILE: is missing; set/],
  [{ GRPC_TLS_CLIENT_CA_FILE: '/ca.pem' }, /^GRPC_TLS_CERT_FILE: is missing.*\nGRPC_TLS_KEY_FILE: is missing/],
  [
    { GRPC_ALLOW_ANY_CLIENT: 'perhaps', GRPC_LISTEN_ADDR: ':1' },
    /^GRPC_ALLOW_ANY_CLIENT: "perhaps" is not true or false/,
  ],
])('is refused from variables: %j', (environment, problem) => {
  expect(() => fromEnvironment(environment)).toThrow(problem);
});

test('is read from a file, and a variable wins over it', () => {
  expect(fromFile({ address: 'unix:/run/grpc.sock' })).toMatchObject({ address: { path: '/run/grpc.sock' } });
  expect(fromFile({ address: ':1', allowAnyClient: true })).toMatchObject({ address: { port: 1 } });
  expect(fromFile({ address: ':1', tls: { ...TLS, clientCaFile: '/ca.pem' } })?.tls?.clientCaFile).toBe('/ca.pem');
  expect(fromFile({ address: '127.0.0.1:1' }, { GRPC_LISTEN_ADDR: '127.0.0.1:2' })?.address).toMatchObject({ port: 2 });
});

test('is refused from a file where others reach it', () => {
  expect(() => fromFile({ address: ':1' })).toThrow(/listeners.grpc: whoever reaches.*allowAnyClient/);
  expect(() => fromFile({ address: ':1', tls: TLS })).toThrow(/listeners.grpc: whoever reaches/);
});

test('is warned of when it takes any client', () => {
  const environment = { GRPC_LISTEN_ADDR: ':1', GRPC_ALLOW_ANY_CLIENT: 'true' };
  const { warnings } = readEnvironment(environment, () => Buffer.alloc(0));
  expect(warnings).toEqual([expect.stringContaining('the gRPC listener takes any client')]);
  expect(readEnvironment({ GRPC_LISTEN_ADDR: '127.0.0.1:1' }, () => Buffer.alloc(0)).warnings).toEqual([]);
});

test('the metrics listener stands beside a file', () => {
  const environment = { METRICS_ENABLED: 'true', METRICS_PORT: '9', POD_NAMESPACE: 'here' };
  const document = { version: 'v1', issuers: { dex: { tokenEndpoint: 'https://dex.example/token' } }, policy: {} };
  const text = Buffer.from(JSON.stringify(document));
  expect(readConfigurationFile('/control.yaml', environment, () => text).listeners.metrics).toEqual({
    address: { host: '', port: 9 },
    path: '/metrics',
  });
});

test('what Kubernetes says of a Service named grpc stands beside a file, and a port does not', () => {
  expect(fromFile(undefined, { GRPC_PORT: 'tcp://10.0.0.7:80' })).toBeUndefined();
  expect(() => fromFile(undefined, { GRPC_PORT: '3001' })).toThrow(/^CONFIG_FILE and GRPC_PORT: are both set/);
});
