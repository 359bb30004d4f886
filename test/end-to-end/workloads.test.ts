import type { IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { EnvoyConfiguration } from '../../tools/launch/envoy-configuration.ts';
import { createSigningKey, keySetOf, signToken } from '../../tools/tokens/signing-key.ts';
import { createCertificateAuthority } from '../support/certificates.ts';
import type { DeploymentOptions } from '../support/deployment.ts';
import { credentialsOf } from '../support/policy-file.ts';
import { useDeployment } from '../support/use-deployment.ts';

const authority = createCertificateAuthority();
const server = authority.issue('localhost');
const WEB = 'spiffe://cluster.local/ns/shop/sa/web';
const clients = {
  web: authority.issue(WEB),
  other: authority.issue('spiffe://cluster.local/ns/other/sa/web'),
  unnamed: authority.issue('somebody'),
};
const key = createSigningKey();

/** Envoy's listener takes certificates of the authority, and connections without one. */
function overMutualTls(configuration: EnvoyConfiguration): void {
  configuration.listener().filter_chains[0].transport_socket = {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        tls_certificates: [
          { certificate_chain: { inline_string: server.certificate }, private_key: { inline_string: server.key } },
        ],
        validation_context: { trusted_ca: { inline_string: authority.certificate } },
      },
    },
  };
}

const POLICY: DeploymentOptions = {
  policy: ({ clients: { first } }) => ({
    unmatched: 'deny',
    providers: { staff: { issuer: 'staff', audiences: ['shop'], jwks: { inline: JSON.parse(keySetOf(key)) } } },
    entries: [
      {
        id: 'workload',
        match: { pathPrefix: '/workload' },
        authenticate: { workloads: ['spiffe://cluster.local/ns/shop/*'] },
        ...credentialsOf(first),
      },
      {
        id: 'both',
        match: { pathPrefix: '/both' },
        authenticate: { workloads: [WEB], providers: ['staff'] },
        ...credentialsOf(first),
      },
    ],
  }),
  configure: overMutualTls,
};

describe.each<[string, DeploymentOptions]>([
  ['the filter', POLICY],
  ['gRPC', { ...POLICY, shipped: 'ext-authz-grpc' }],
])('a workload known by its certificate, through %s', (_name, options) => {
  const deployment = useDeployment(options);

  function send(path: string, client: keyof typeof clients | undefined, headers: Record<string, string> = {}) {
    const shown = client === undefined ? {} : { cert: clients[client].certificate, key: clients[client].key };
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const to = { host: '127.0.0.1', servername: 'localhost', port: deployment().envoy.port, ca: authority.certificate };
    const outgoing = requestTls({ ...to, ...shown, path, headers, agent: false }, async (answer: IncomingMessage) => {
      await text(answer);
      resolve(answer.statusCode ?? 0);
    });
    outgoing.on('error', reject).end();
    return promise;
  }

  test.each<[string, keyof typeof clients | undefined, number]>([
    ['one that may', 'web', 200],
    ['another', 'other', 403],
    ['one whose certificate names none', 'unnamed', 403],
    ['nobody', undefined, 403],
  ])('%s', async (_who, client, status) => {
    // Again, from what the filter remembers.
    for (let round = 0; round < 3; round++) expect(await send('/workload', client)).toBe(status);
  });

  test('cannot be claimed in a header', async () => {
    const headers = {
      'x-broker-peer': `uri_san_peer_certificate=${WEB}`,
      'x-forwarded-client-cert': `URI=${WEB}`,
    };
    expect(await send('/workload', 'other', headers)).toBe(403);
  });

  test('may be asked for together with its user', async () => {
    const { secrets } = deployment();
    const claims = { iss: 'staff', aud: 'shop', sub: 'alice', exp: Math.floor(Date.now() / 1000) + 300 };
    const token = signToken(key, claims);
    secrets.plant("the user's token", token);
    const authorization = `Bearer ${token}`;
    expect(await send('/both', 'web', { authorization })).toBe(200);
    expect(await send('/both', 'web')).toBe(401);
    expect(await send('/both', 'other', { authorization })).toBe(403);
    expect(await send('/both', undefined, { authorization })).toBe(403);
  });
});
