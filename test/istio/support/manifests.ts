import { readFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';

/** One Kubernetes object, or the values of istiod's Helm chart. */
// biome-ignore lint/suspicious/noExplicitAny: Istio's own code says whether one is valid.
export type Manifest = any;

const FOLDER = new URL('../../../deploy/istio/', import.meta.url);

/** Manifests that start as files this project ships, and are then changed in a few named places. */
export class Manifests {
  readonly all: Manifest[];

  private constructor(all: Manifest[]) {
    this.all = all;
  }

  /** Reads files of `deploy/istio`, by name and without the extension. */
  static shipped(...names: string[]): Manifests {
    return new Manifests(
      names.flatMap((name) => parseManifests(readFileSync(new URL(`${name}.yaml`, FOLDER), 'utf8'))),
    );
  }

  /** The one of that kind, and of that name where there are several. */
  find(kind: string, name?: string): Manifest {
    const found = this.all.filter(
      (manifest) => manifest.kind === kind && (name === undefined || manifest.metadata.name === name),
    );
    if (found.length !== 1) throw new Error(`${found.length} manifests are a ${kind} ${name ?? ''}`);
    return found[0];
  }

  has(kind: string): boolean {
    return this.all.some((manifest) => manifest.kind === kind);
  }

  add(...manifests: Manifest[]): this {
    this.all.push(...manifests);
    return this;
  }

  remove(manifest: Manifest): this {
    this.all.splice(this.all.indexOf(manifest), 1);
    return this;
  }

  /** Those of Istio's own kinds, which may change while Envoy runs. */
  istio(): Manifest[] {
    return this.all.filter(({ apiVersion }) => /\.istio\.io\//.test(apiVersion ?? ''));
  }
}

function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  });
}

/** Writes manifests as a file of several documents. */
export function formatManifests(manifests: Manifest[]): string {
  return manifests.map((manifest) => stringify(manifest)).join('---\n');
}
