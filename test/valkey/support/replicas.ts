import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseControlPorts, type RunningControl, startControl } from '../../../tools/launch/control.ts';
import { eventually } from '../../../tools/launch/eventually.ts';
import { StartedParts } from '../../../tools/launch/started-parts.ts';
import { readSamples, sumSamples } from '../../../tools/launch/statistics.ts';
import { type Client, type IdentityProvider, startIdentityProvider } from '../../support/identity-provider.ts';
import { CLIENT_CREDENTIALS } from '../../support/policy-file.ts';

/** What a client got: the token, where there is one. */
interface Answer {
  readonly status: number;
  readonly token: string | undefined;
  /** ms */
  readonly duration: number;
}

/** One control of several. */
export class Replica {
  readonly control: RunningControl;

  constructor(control: RunningControl) {
    this.control = control;
  }

  /** Asks as Envoy's `ext_authz` does. */
  async ask({ id, secret }: Client): Promise<Answer> {
    const headers = { 'x-client-id': id, 'x-client-secret': secret };
    const start = performance.now();
    const answer = await fetch(`http://127.0.0.1:${this.control.checkPort}/check`, { headers });
    await answer.text();
    const token = answer.headers.get('authorization')?.replace('Bearer ', '');
    return { status: answer.status, token, duration: performance.now() - start };
  }

  /** Asks as the filter does, after a backend has refused the token of that digest. */
  async replace({ id, secret }: Client, rejected: string): Promise<string | undefined> {
    const answer = await fetch(`http://127.0.0.1:${this.control.filterPort}/v1/decide`, {
      method: 'POST',
      headers: {
        'x-broker-route': await this.#route(),
        'x-broker-key-x-client-id': id,
        'x-broker-key-x-client-secret': secret,
        'x-broker-rejected': rejected,
      },
    });
    await answer.text();
    return answer.headers.get('x-inject-authorization')?.replace('Bearer ', '');
  }

  async metric(name: string, tags: Record<string, string> = {}): Promise<number> {
    const samples = await readSamples(`http://127.0.0.1:${this.control.adminPort}`, '/metrics');
    return sumSamples(samples, `token_broker_shared_cache_${name}`, tags);
  }

  /** Waits until it has spoken to the server. */
  async connected(): Promise<void> {
    const before = await this.metric('operations_total', { outcome: 'done' });
    await eventually(async () => {
      // Nobody knows these, so each is looked for on the server.
      await this.ask({ id: `stranger-${randomBytes(8).toString('hex')}`, secret: 'unknown' });
      if ((await this.metric('operations_total', { outcome: 'done' })) <= before) throw new Error('nothing was shared');
    });
  }

  /** `id@digest` of the only route, as its table says (docs/contract.md). */
  async #route(): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.control.filterPort}/v1/routes`);
    const table = Buffer.from(await answer.arrayBuffer());
    const at = table.indexOf('all\x40\0\0\0', 0, 'latin1') + 'all'.length + 4;
    return `all@${table.subarray(at, at + 64).toString('latin1')}`;
  }
}

export interface ReplicasOptions {
  /** `cache.shared`; keys and passwords may be files of `files`. */
  readonly shared: (directory: string) => object;
  /** By name, in the directory of the configuration. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Two controls with one configuration, and the issuer that they ask. */
export class Replicas {
  readonly directory: string;
  readonly identityProvider: IdentityProvider;
  readonly first: Replica;
  readonly second: Replica;
  readonly #parts: StartedParts;

  private constructor(directory: string, identityProvider: IdentityProvider, replicas: Replica[], parts: StartedParts) {
    [this.directory, this.identityProvider, this.#parts] = [directory, identityProvider, parts];
    const [first, second] = replicas;
    if (first === undefined || second === undefined) throw new Error('two replicas are needed');
    [this.first, this.second] = [first, second];
  }

  static async start({ shared, files = {} }: ReplicasOptions): Promise<Replicas> {
    const parts = new StartedParts();
    try {
      const directory = mkdtempSync(join(tmpdir(), 'envoy-token-broker-replicas-'));
      parts.keep({ stop: async () => rmSync(directory, { recursive: true, force: true }) });
      const identityProvider = parts.keep(await startIdentityProvider());
      const all: Readonly<Record<string, string>> = { 'cache-key': 'k'.repeat(32), key: KEY, ...files };
      for (const [name, content] of Object.entries(all)) writeFileSync(join(directory, name), content);
      const issuers = { 'identity-provider': { tokenEndpoint: identityProvider.tokenEndpoint, allowInsecure: true } };
      const cache = { keyFile: join(directory, 'cache-key'), shared: shared(directory) };
      const policy = { entries: [{ id: 'all', ...CLIENT_CREDENTIALS }] };
      const path = join(directory, 'control.yaml');
      writeFileSync(path, JSON.stringify({ version: 'v1', issuers, cache, policy }));
      const start = async () =>
        new Replica(parts.keep(await startControl({ CONFIG_FILE: path }, await chooseControlPorts())));
      return new Replicas(directory, identityProvider, [await start(), await start()], parts);
    } catch (error) {
      await parts.stop();
      throw error;
    }
  }

  get both(): readonly Replica[] {
    return [this.first, this.second];
  }

  /** Waits until both speak to the server. */
  async connected(): Promise<void> {
    for (const replica of this.both) await replica.connected();
  }

  /** Everything that they logged. */
  log(): string {
    return this.both.map(({ control }) => control.log()).join('\n');
  }

  /** Token requests that something leads to, and what it gives. */
  async counting<Result>(act: () => Promise<Result>): Promise<{ readonly requests: number; readonly result: Result }> {
    const before = this.identityProvider.requests();
    const result = await act();
    return { requests: this.identityProvider.requests() - before, result };
  }

  stop(): Promise<void> {
    return this.#parts.stop();
  }
}

/** As `openssl rand -base64 32` makes them. */
export const KEY = 'cGxhbnRlZC1rZXktb2YtdGhlLXNoYXJlZC1jYWNoZS0=';
