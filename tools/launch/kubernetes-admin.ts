import { Agent, fetch } from 'undici';
import { parseAllDocuments } from 'yaml';

/** An object of any kind, as manifests write it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; resourceVersion?: string };
  [field: string]: unknown;
}

/** What names one object. */
export type ObjectReference = Pick<Manifest, 'apiVersion' | 'kind'> & {
  metadata: Pick<Manifest['metadata'], 'name' | 'namespace'>;
};

export interface ServiceAccountTokenOptions {
  namespace: string;
  name: string;
  /** The API server's own by default. */
  audiences?: string[];
  /** 3600 by default; the API server gives no less than 600. */
  expirationSeconds?: number;
}

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

const REQUEST_TIMEOUT_MILLISECONDS = 30_000;

/** A small client for whoever may do everything: tests, and the demo. */
export class KubernetesAdmin {
  readonly #url: string;
  readonly #token: string;
  readonly #agent: Agent;
  readonly #resources = new Map<string, Promise<ApiResource[]>>();

  /** @param ca PEM */
  constructor({ url, ca, token }: { url: string; ca: string; token: string }) {
    this.#url = url;
    this.#token = token;
    this.#agent = new Agent({ connect: { ca } });
  }

  /** Makes each object what its manifest says, one after another. Fields that the API server does not know are refused. */
  async apply(...manifests: Manifest[]): Promise<void> {
    for (const manifest of manifests) await this.#apply(manifest);
  }

  /** Asks whether the API server would take a manifest, and changes nothing. @throws Error with what is wrong */
  async check(manifest: Manifest): Promise<void> {
    await this.#apply(manifest, '&dryRun=All');
  }

  /** Applies every document of a YAML text. */
  async applyYaml(text: string): Promise<void> {
    await this.apply(...parseAllDocuments(text).map((document) => document.toJS() as Manifest));
  }

  /** Sends an object that has no name, such as a review, and returns what comes back. */
  async create(manifest: Pick<Manifest, 'apiVersion' | 'kind' | 'spec'>): Promise<Manifest> {
    const path = await this.#pathOf({ ...manifest, metadata: { name: '' } });
    return (await this.#send('POST', path.replace(/\/$/, ''), manifest)) as Manifest;
  }

  async read(reference: ObjectReference): Promise<Manifest> {
    return (await this.#send('GET', await this.#pathOf(reference))) as Manifest;
  }

  /** Writes over an object that is there; refused with 409 when its `resourceVersion` is not the latest. */
  async replace(manifest: Manifest): Promise<void> {
    await this.#send('PUT', await this.#pathOf(manifest), manifest);
  }

  async remove(reference: ObjectReference): Promise<void> {
    await this.#send('DELETE', await this.#pathOf(reference));
  }

  /** A token of a service account (TokenRequest). */
  async createToken(options: ServiceAccountTokenOptions): Promise<string> {
    const { namespace, name, audiences, expirationSeconds = 3600 } = options;
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds, ...(audiences && { audiences }) },
    };
    const { status } = (await this.#send('POST', path, request)) as { status: { token: string } };
    return status.token;
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  async #apply(manifest: Manifest, options = ''): Promise<void> {
    const path = `${await this.#pathOf(manifest)}?fieldManager=envoy-token-broker&force=true&fieldValidation=Strict`;
    await this.#send('PATCH', path + options, manifest, 'application/apply-patch+yaml');
  }

  async #pathOf({ apiVersion, kind, metadata: { name, namespace = 'default' } }: ObjectReference): Promise<string> {
    const group = `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}`;
    const resource = (await this.#discover(group)).find((candidate) => candidate.kind === kind);
    if (resource === undefined) throw new Error(`the API server knows no ${kind} in ${apiVersion}`);
    return `${group}${resource.namespaced ? `/namespaces/${namespace}` : ''}/${resource.name}/${name}`;
  }

  #discover(group: string): Promise<ApiResource[]> {
    const known = this.#resources.get(group);
    if (known !== undefined) return known;
    const asked = this.#send('GET', group).then((list) =>
      // "pods/log" and the like are parts of an object, of whatever kind.
      (list as { resources: ApiResource[] }).resources.filter(({ name }) => !name.includes('/')),
    );
    asked.catch(() => this.#resources.delete(group));
    this.#resources.set(group, asked);
    return asked;
  }

  async #send(method: string, path: string, body?: object, contentType = 'application/json'): Promise<unknown> {
    const answer = await fetch(this.#url + path, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': contentType },
      ...(body && { body: JSON.stringify(body) }),
      dispatcher: this.#agent,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MILLISECONDS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  }
}
