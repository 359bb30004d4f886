import { findFreePorts } from '../../../tools/launch/ports.ts';
import { RunningProcess } from '../../../tools/launch/running-process.ts';
import { build } from './build.ts';

/** A registry of images in memory, without TLS. */
export class Registry {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  readonly #process: RunningProcess;

  private constructor(address: string, registry: RunningProcess) {
    this.address = address;
    this.#process = registry;
  }

  static async start(): Promise<Registry> {
    const [port = 0] = await findFreePorts(1);
    const address = `127.0.0.1:${port}`;
    const parameters = ['registry', 'serve', '--address', address];
    const registry = new RunningProcess({ name: 'registry', command: build('wasm-image', 'crane'), parameters });
    await registry.waitUntil(async () => {
      const { status } = await fetch(`http://${address}/v2/`);
      if (status !== 200) throw new Error(`it answers ${status}`);
    });
    return new Registry(address, registry);
  }

  /** The tags of an image. */
  async tagsOf(image: string): Promise<string[]> {
    const answer = await fetch(`http://${this.address}/v2/${image}/tags/list`);
    return ((await answer.json()) as { tags: string[] }).tags.sort();
  }

  /** The digest that a tag of an image stands for. */
  async digestOf(image: string, tag: string): Promise<string | null> {
    const answer = await fetch(`http://${this.address}/v2/${image}/manifests/${tag}`, { method: 'HEAD' });
    return answer.headers.get('docker-content-digest');
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
