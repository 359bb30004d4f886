import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { findFreePorts } from '../../tools/launch/ports.ts';
import { createCertificateAuthority } from '../support/certificates.ts';
import { Deployment } from '../support/deployment.ts';
import { CLIENTS, type IdentityProvider } from '../support/identity-provider.ts';
import { grantEverywhere, namespace, type Rule, secret, serviceAccount } from './manifests.ts';

const HOME = 'gateway';
const ACCOUNT = 'ext-authz-token-exchange';
const LABEL = { 'ext-authz-token-exchange.magneticflux.net/policy': 'enabled' };

/** The rights that ext-authz-token-exchange's chart gives. */
const RIGHTS: readonly Rule[] = [
  { apiGroups: [''], resources: ['configmaps', 'namespaces'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
];

/** Control in a pod's surroundings, with nothing but the environment of ext-authz-token-exchange, and Envoy before it. */
export class EnvironmentDeployment {
  readonly apiserver: KubeApiserver;
  readonly deployment: Deployment;
  /** Of gRPC over TLS, and of the metrics listener. */
  readonly ports: { readonly tls: number; readonly metrics: number };
  /** PEM of the authority behind the certificate of gRPC over TLS. */
  readonly authority: string;
  readonly #folder: string;

  private constructor(
    apiserver: KubeApiserver,
    deployment: Deployment,
    folder: string,
    { ports, authority }: Pick<EnvironmentDeployment, 'ports' | 'authority'>,
  ) {
    this.apiserver = apiserver;
    this.deployment = deployment;
    this.ports = ports;
    this.authority = authority;
    this.#folder = folder;
  }

  static async start(): Promise<EnvironmentDeployment> {
    const apiserver = await KubeApiserver.start();
    const folder = mkdtempSync(join(tmpdir(), 'environment-deployment-'));
    try {
      await setUp(apiserver, folder);
      const authority = createCertificateAuthority();
      const server = authority.issue('localhost');
      writeFileSync(join(folder, 'tls.crt'), server.certificate);
      writeFileSync(join(folder, 'tls.key'), server.key);
      const [tls = 0, metrics = 0] = await findFreePorts(2);
      const deployment = await Deployment.start({
        shipped: 'ext-authz-grpc',
        bare: true,
        control: (identityProvider, { grpcPort }) => {
          writeProfiles(folder, identityProvider);
          const { hostname, port } = new URL(apiserver.url);
          return {
            ...{ KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, SERVICE_ACCOUNT_FOLDER: folder },
            ...{ GRPC_PORT: `${grpcPort}`, GRPC_TLS_PORT: `${tls}`, LISTEN_ADDR: 'off' },
            ...{ GRPC_TLS_CERT_FILE: join(folder, 'tls.crt'), GRPC_TLS_KEY_FILE: join(folder, 'tls.key') },
            ...{ METRICS_ENABLED: 'true', METRICS_PORT: `${metrics}`, METRICS_PATH: '/custom' },
            TOKEN_EXCHANGE_ISSUER_PROFILES_FILE: join(folder, 'issuers.yaml'),
            ...{ TOKEN_EXCHANGE_ALLOW_HTTP_TOKEN_ENDPOINT: 'true', TOKEN_EXCHANGE_INSECURE_LOG_TOKENS: 'true' },
            // Machines that run tests are busy.
            ...{ TOKEN_ENDPOINT_REQUEST_TIMEOUT: '10s', TOKEN_ENDPOINT_RESPONSE_HEADER_TIMEOUT: '10s' },
          };
        },
      });
      return new EnvironmentDeployment(apiserver, deployment, folder, {
        ports: { tls, metrics },
        authority: authority.certificate,
      });
    } catch (error) {
      await apiserver.stop();
      throw error;
    }
  }

  /** Writes the issuer's profile anew. */
  changeProfile(profile: object): void {
    writeProfiles(this.#folder, this.deployment.identityProvider, profile);
  }

  /** Has the namespaces of teams selected, or not. */
  async select(team: string, selected = true): Promise<void> {
    await this.apiserver.admin.apply(namespace(team, selected ? LABEL : {}));
  }

  written() {
    return this.deployment.written();
  }

  findLeaks() {
    return this.deployment.findLeaks();
  }

  async stop(): Promise<void> {
    await this.deployment.stop();
    await this.apiserver.stop();
    rmSync(this.#folder, { recursive: true });
  }
}

/** What Kubernetes puts into a pod. */
async function setUp({ admin, caFile }: KubeApiserver, folder: string): Promise<void> {
  await admin.apply(namespace(HOME), serviceAccount(HOME, ACCOUNT));
  await admin.apply(...grantEverywhere(`${HOME}/${ACCOUNT}`, ACCOUNT, ...RIGHTS));
  writeFileSync(join(folder, 'token'), await admin.createToken({ namespace: HOME, name: ACCOUNT }));
  writeFileSync(join(folder, 'namespace'), HOME);
  copyFileSync(caFile, join(folder, 'ca.crt'));
  const { id, secret: value } = CLIENTS.first;
  await admin.apply(secret(HOME, 'issuer-oauth', { client_id: id, client_secret: value }));
}

/** As the chart renders it. */
function writeProfiles(folder: string, { tokenEndpoint }: IdentityProvider, profile: object = {}): void {
  const primary = {
    ...{ name: 'primary', tokenEndpoint, bearerRealm: 'issuer', tokenEndpointAuthMethod: 'client_secret_basic' },
    clientIDSecretRef: { name: 'issuer-oauth', key: 'client_id' },
    clientSecretSecretRef: { name: 'issuer-oauth', key: 'client_secret' },
    ...profile,
  };
  writeFileSync(join(folder, 'issuers.yaml'), JSON.stringify({ issuers: [primary] }));
}
