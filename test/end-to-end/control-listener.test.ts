import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { EnvoyConfiguration } from '../../tools/launch/envoy-configuration.ts';
import { createCertificateAuthority } from '../support/certificates.ts';
import { credentials, type DeploymentOptions } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

const directory = mkdtempSync(join(tmpdir(), 'envoy-token-broker-listener-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Writes a file into the tests' directory. */
function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const endpointOf = (configuration: EnvoyConfiguration) =>
  configuration.cluster('token-broker').load_assignment.endpoints[0].lb_endpoints[0].endpoint;

const socket = join(directory, 'filter.sock');
const OVER_A_SOCKET: DeploymentOptions = {
  control: { FILTER_LISTEN_ADDR: `unix:${socket}` },
  configure: (configuration) => {
    endpointOf(configuration).address = { pipe: { path: socket } };
  },
};

/** Mutual TLS between Envoy and control; `client` signs the certificate that Envoy shows. */
function overTls(client: ReturnType<typeof createCertificateAuthority>, name: string): DeploymentOptions {
  const authority = createCertificateAuthority();
  const server = authority.issue('127.0.0.1');
  const shown = client.issue('envoy');
  const trusted = name === 'known' ? client : authority;
  return {
    control: {
      FILTER_TLS_CERT_FILE: write(`${name}-server.pem`, server.certificate),
      FILTER_TLS_KEY_FILE: write(`${name}-server-key.pem`, server.key),
      FILTER_TLS_CLIENT_CA_FILE: write(`${name}-clients.pem`, trusted.certificate),
    },
    plugin: { timeoutMilliseconds: 2000 },
    configure: (configuration) => {
      configuration.cluster('token-broker').transport_socket = {
        name: 'envoy.transport_sockets.tls',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
          common_tls_context: {
            tls_certificates: [
              {
                certificate_chain: { inline_string: shown.certificate },
                private_key: { inline_string: shown.key },
              },
            ],
            validation_context: { trusted_ca: { inline_string: authority.certificate } },
          },
        },
      };
    },
  };
}

describe.each<[string, DeploymentOptions]>([
  ['a Unix socket', OVER_A_SOCKET],
  ['TLS with a client certificate', overTls(createCertificateAuthority(), 'known')],
])("control's filter listener over %s", (_name, options) => {
  const deployment = useDeployment(options);

  test('serves the filter', async () => {
    const headers = credentials(deployment().identityProvider.clients.first);
    for (let i = 0; i < 3; i++) expect((await deployment().send({ headers })).status).toBe(200);
    expect(deployment().identityProvider.requests()).toBe(1);
  });
});

describe("a client certificate of somebody else's", () => {
  const deployment = useDeployment(overTls(createCertificateAuthority(), 'stranger'));

  test('gets no route table, and requests are refused', async () => {
    const answer = await deployment().send({ headers: credentials(deployment().identityProvider.clients.first) });
    expect(answer.status).toBe(503);
    expect(deployment().identityProvider.requests()).toBe(0);
    expect(deployment().backend.requests).toEqual([]);
  });
});
