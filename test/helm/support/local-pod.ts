import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from './chart.ts';

/** What Secrets hold, by name and key. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string | Buffer>>>>;

/** A container's files and environment on this machine: the folders that it mounts are elsewhere, and paths say so. */
export class LocalPod {
  readonly environment: Readonly<Record<string, string>>;
  readonly #root = mkdtempSync(join(tmpdir(), 'pod-'));
  readonly #mounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly #secrets: Secrets;

  /**
   * @param pod the pod's `spec`
   * @param container one of its containers
   * @throws {Error} when it names a ConfigMap or a Secret that there is not
   */
  constructor(pod: Manifest, container: Manifest, configMaps: readonly Manifest[], secrets: Secrets) {
    this.#mounts = container.volumeMounts ?? [];
    this.#secrets = secrets;
    for (const { name } of this.#mounts) {
      const volume = pod.volumes.find((each: Manifest) => each.name === name);
      if (volume === undefined) throw new Error(`there is no volume ${name}`);
      mkdirSync(join(this.#root, name));
      if (volume.configMap) this.write(name, find(configMaps, volume.configMap.name).data);
      else this.write(name, this.#secret(volume.secret.secretName));
    }
    this.environment = Object.fromEntries(
      container.env.map(({ name, value, valueFrom }: Manifest) => {
        const { secretKeyRef } = valueFrom ?? {};
        const text = secretKeyRef ? `${this.#secret(secretKeyRef.name)[secretKeyRef.key]}` : value;
        return [name, this.#move(text)];
      }),
    );
  }

  /** Puts files into a volume. */
  write(volume: string, files: Readonly<Record<string, string | Buffer>>): void {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(this.#root, volume, name), typeof content === 'string' ? this.#move(content) : content);
    }
  }

  remove(): void {
    rmSync(this.#root, { recursive: true });
  }

  /** A text with the paths of this machine in it. */
  #move(text: string): string {
    return this.#mounts.reduce((moved, { name, mountPath }) => {
      return moved.replaceAll(`${mountPath}/`, `${join(this.#root, name)}/`);
    }, text);
  }

  #secret(name: string): Secrets[string] {
    const secret = this.#secrets[name];
    if (secret === undefined) throw new Error(`the test has no Secret ${name}`);
    return secret;
  }
}

function find(configMaps: readonly Manifest[], name: string): Manifest {
  const found = configMaps.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
  if (found === undefined) throw new Error(`there is no ConfigMap ${name}`);
  return found;
}
