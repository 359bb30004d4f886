import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { chooseControlPorts, type RunningControl, startControl } from '../../tools/launch/control.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { createCertificateAuthority } from '../support/certificates.ts';

const directory = mkdtempSync(join(tmpdir(), 'broker-renewal-'));
const path = (name: string) => join(directory, name);
let control: RunningControl | undefined;

afterEach(async () => {
  await control?.stop();
  rmSync(directory, { recursive: true });
});

const authority = createCertificateAuthority();
const client = authority.issue('envoy');

function write(): string {
  const { certificate, key } = authority.issue('localhost');
  writeFileSync(path('cert.pem'), certificate);
  writeFileSync(path('key.pem'), key);
  return certificate;
}

/** The certificate that a listener shows, in PEM. */
function shown(port: number, protocol: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = {
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: authority.certificate,
    ALPNProtocols: [protocol],
  };
  const socket = connect({ ...options, cert: client.certificate, key: client.key }, () => {
    resolve(socket.getPeerX509Certificate()?.toString() ?? '');
    socket.destroy();
  });
  socket.on('error', reject);
  return promise;
}

test('a certificate that is renewed in its file is shown within seconds; a broken one changes nothing', async () => {
  writeFileSync(path('ca.pem'), authority.certificate);
  const first = write();
  const ports = await chooseControlPorts();
  const tls = (listener: string) => ({
    [`${listener}_TLS_CERT_FILE`]: path('cert.pem'),
    [`${listener}_TLS_KEY_FILE`]: path('key.pem'),
    [`${listener}_TLS_CLIENT_CA_FILE`]: path('ca.pem'),
  });
  const grpc = { GRPC_LISTEN_ADDR: `127.0.0.1:${ports.grpcPort}` };
  control = await startControl({ ...tls('FILTER'), ...tls('GRPC'), ...grpc }, ports);
  const both = () => Promise.all([shown(ports.filterPort, 'http/1.1'), shown(ports.grpcPort, 'h2')]);
  expect(await both()).toEqual([first, first]);

  writeFileSync(path('cert.pem'), 'no certificate');
  await eventually(() => expect(control?.log()).toContain('holds no PEM certificate'));
  expect(await both()).toEqual([first, first]);

  const renewed = write();
  await eventually(async () => expect(await both()).toEqual([renewed, renewed]));
  expect(renewed).not.toBe(first);
});
