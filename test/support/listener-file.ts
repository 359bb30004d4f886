import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvoyConfiguration, Node } from '../../tools/launch/envoy-configuration.ts';

/** Envoy's listeners in a file that it watches, so that a test can replace them while Envoy runs (file-based LDS). */
export class ListenerFile {
  readonly #directory = mkdtempSync(join(tmpdir(), 'envoy-token-broker-listeners-'));
  readonly #file = join(this.#directory, 'listeners.json');
  #version = 0;

  /** Moves the configuration's listeners from the bootstrap to the file. */
  take(configuration: EnvoyConfiguration): void {
    this.write(configuration.bootstrap.static_resources.listeners);
    configuration.bootstrap.static_resources.listeners = [];
    // xDS wants to know whom it talks to.
    configuration.bootstrap.node = { id: 'test', cluster: 'test' };
    configuration.bootstrap.dynamic_resources = {
      lds_config: { path_config_source: { path: this.#file }, resource_api_version: 'V3' },
    };
  }

  /** Replaces the listeners. Envoy notices a file that is moved into place. */
  write(listeners: Node[]): void {
    this.#version += 1;
    const resources = listeners.map((listener) => ({
      '@type': 'type.googleapis.com/envoy.config.listener.v3.Listener',
      ...listener,
    }));
    const next = `${this.#file}.next`;
    writeFileSync(next, JSON.stringify({ version_info: `${this.#version}`, resources }));
    renameSync(next, this.#file);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
