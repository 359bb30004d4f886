import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExchangeDocument } from '../../control/config/exchange-document.ts';
import type { ConfigMapsDocument } from '../../control/config/policy-config-maps.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import type { Manifest } from '../../tools/launch/kubernetes-admin.ts';
import { Deployment } from '../support/deployment.ts';
import { CLIENTS } from '../support/identity-provider.ts';
import type { Answer } from '../support/request.ts';
import { configMap, namespace, secret, serviceAccount } from './manifests.ts';

const MANIFESTS = fileURLToPath(new URL('../../deploy/policy-config-maps/', import.meta.url));
const NAMESPACE_LABEL = { 'ext-authz-token-exchange.magneticflux.net/policy': 'enabled' };
const LABEL = { 'ext-authz-token-exchange.magneticflux.net/enabled': 'true' };

const SECRET = { cluster: 'home', namespace: 'token-broker', name: 'issuer-client' };

const HOSTS = { 'team-a': ['a.example'], 'team-b': ['b.example', 'a.example'] };

interface PolicyDeploymentOptions {
  rights?: readonly string[];
  configMaps?: Partial<ConfigMapsDocument>;
}

/** A deployment whose policy is in ConfigMaps of a real API server, with the rights that `deploy/` gives it. */
export class PolicyDeployment {
  readonly apiserver: KubeApiserver;
  readonly deployment: Deployment;
  readonly #folder: string;

  private constructor(apiserver: KubeApiserver, deployment: Deployment, folder: string) {
    this.apiserver = apiserver;
    this.deployment = deployment;
    this.#folder = folder;
  }

  /**
   * @param options.rights manifests of `deploy/`
   * @param options.configMaps merged into where policy is
   */
  static async start({
    rights = ['rbac.yaml', 'rbac-secret.yaml'],
    configMaps = {},
  }: PolicyDeploymentOptions = {}): Promise<PolicyDeployment> {
    const apiserver = await KubeApiserver.start();
    const folder = mkdtempSync(join(tmpdir(), 'policy-deployment-'));
    try {
      const tokenFile = join(folder, 'token');
      writeFileSync(tokenFile, await setUp(apiserver, rights));
      const deployment = await Deployment.start({
        policy: {
          unmatched: 'pass',
          clusters: { home: { server: { url: apiserver.url, caFile: apiserver.caFile, tokenFile } } },
          issuer: {
            client: {
              id: { secretRef: { ...SECRET, key: 'client-id' } },
              secret: { secretRef: { ...SECRET, key: 'client-secret' } },
            },
          },
          configMaps: { cluster: 'home', hosts: HOSTS, ...configMaps },
        },
      });
      return new PolicyDeployment(apiserver, deployment, folder);
    } catch (error) {
      await apiserver.stop();
      throw error;
    }
  }

  /** Makes a team's document of these entries, or of a text. */
  async write(team: string, name: string, entries: readonly object[] | string): Promise<void> {
    const text = typeof entries === 'string' ? entries : JSON.stringify({ version: 'v1', entries });
    await this.apiserver.admin.apply(configMap(team, name, { 'config.yaml': text }, LABEL));
  }

  async remove(team: string, name: string): Promise<void> {
    await this.apiserver.admin.remove(configMap(team, name));
  }

  /** Gives a namespace the label by which it is selected, or takes it away. */
  async select(team: string, selected: boolean): Promise<void> {
    await this.apiserver.admin.apply(namespace(team, selected ? NAMESPACE_LABEL : {}));
  }

  /** A request of somebody with a token that may be exchanged. */
  async send(host: string, path: string): Promise<Answer> {
    const { identityProvider, secrets } = this.deployment;
    const subject = await identityProvider.exchange.subject(identityProvider.clients.second);
    secrets.plant('a subject token', subject);
    return this.deployment.send({ path, headers: { host, authorization: `Bearer ${subject}` } });
  }

  /** Waits until both workers answer so. */
  async become(host: string, path: string, status: number): Promise<void> {
    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => this.send(host, path)));
      const statuses = new Set(answers.map((answer) => answer.status));
      if (statuses.size !== 1 || !statuses.has(status)) throw new Error(`answers are ${[...statuses]}, not ${status}`);
    }, 30_000);
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

/** An entry that exchanges for a target of the identity provider. */
export function exchangeEntry(host: string, pathPrefix: string, target: Partial<ExchangeDocument>): object {
  return { match: { host, pathPrefix }, action: 'exchange', exchange: { issuerRef: 'identity-provider', ...target } };
}

/** The Secret that names the broker's client. */
export function issuerClient({ id, secret: clientSecret }: { id: string; secret: string }): Manifest {
  return secret('token-broker', 'issuer-client', { 'client-id': id, 'client-secret': `${clientSecret}\n` });
}

/** @returns a token of the service account that control runs as */
async function setUp({ admin }: KubeApiserver, rights: readonly string[]): Promise<string> {
  await admin.apply(namespace('token-broker'), serviceAccount('token-broker', 'token-broker'));
  await admin.apply(issuerClient(CLIENTS.first));
  for (const team of ['team-a', 'team-b']) await admin.apply(namespace(team, NAMESPACE_LABEL));
  for (const file of rights) {
    await admin.applyYaml(readFileSync(join(MANIFESTS, file), 'utf8'));
  }
  return admin.createToken({ namespace: 'token-broker', name: 'token-broker' });
}
