import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePorts } from '../../tools/launch/ports.ts';
import { RunningProcess } from '../../tools/launch/running-process.ts';
import { StartedParts } from '../../tools/launch/started-parts.ts';
import { ROOT } from './support/copy-sources.ts';
import { Released } from './support/released.ts';

const IMAGES = ['filter', 'filter-request-only'].flatMap((name) => ['compat', 'oci'].map((layout) => [name, layout]));

/** The path of a tool, which is built first where that has not been done on this machine: minutes, and Go. */
function build(script: string, ...parameters: string[]): string {
  const command = [join(ROOT, 'tools', script, 'build.sh'), ...parameters];
  return execFileSync('sh', command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

const started = new StartedParts();
let released: Released;
let registry: string;
let crane: string;

beforeAll(async () => {
  crane = build('wasm-image', 'crane');
  released = new Released('1.2.3');
  const [port = 0] = await findFreePorts(1);
  registry = `127.0.0.1:${port}`;
  const parameters = ['registry', 'serve', '--address', registry];
  const server = started.keep(new RunningProcess({ name: 'registry', command: crane, parameters }));
  await server.waitUntil(async () => expect((await fetch(`http://${registry}/v2/`)).status).toBe(200));
}, 300_000);

afterAll(async () => {
  await started.stop();
  released?.remove();
});

/** Puts an image into the registry as the release does, and returns where it is. */
function push(name: string, layout: string): string {
  const image = `${registry}/envoy-token-broker/${name}:${layout}`;
  execFileSync(crane, ['push', '--insecure', released.path(`images/${name}-${layout}`), image], { stdio: 'ignore' });
  return image;
}

describe.each([
  ["Istio's agent", () => [build('istio'), 'fetch']],
  ['Envoy Gateway', () => [build('fetch-module/envoy-gateway')]],
])('%s', (_consumer, find) => {
  test.each(IMAGES)(
    'gets the module out of the image of %s in the layout %s',
    (name, layout) => {
      const image = push(name, layout);
      const folder = mkdtempSync(join(tmpdir(), 'fetched-'));
      const file = join(folder, 'module.wasm');
      const [command = '', ...parameters] = find();
      const output = execFileSync(command, [...parameters, image, file], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const fetched = readFileSync(file);
      rmSync(folder, { recursive: true });
      expect(fetched.equals(readFileSync(join(ROOT, 'build', `${name}.wasm`)))).toBe(true);
      // What `sha256` in a WasmPlugin or an EnvoyExtensionPolicy has to be.
      expect(`sha256:${output.trim().split('\n').at(-1)}`).toBe(released.digests()[`${name}-${layout}`]);
    },
    120_000,
  );
});

test('an image of the layout compat has plugin.wasm and nothing else, readable for all', () => {
  const archive = execFileSync(crane, ['export', '--insecure', push('filter', 'compat'), '-']);
  const listing = execFileSync('tar', ['--list', '--verbose', '--file', '-'], { input: archive, encoding: 'utf8' });
  expect(listing.trim().split('\n')).toHaveLength(1);
  expect(listing).toMatch(/^-rw-r--r-- .* plugin\.wasm\n$/);
});

test('an image says what it is and where it comes from', () => {
  const manifest = execFileSync(crane, ['manifest', '--insecure', push('filter', 'compat')], { encoding: 'utf8' });
  expect(JSON.parse(manifest).annotations).toEqual({
    'org.opencontainers.image.title': 'Envoy Token Broker, filter',
    'org.opencontainers.image.version': '1.2.3',
    'org.opencontainers.image.source': 'https://github.com/envoy-token-broker/envoy-token-broker',
    'org.opencontainers.image.licenses': 'Apache-2.0',
  });
});

test('the same module and version give the same images', () => {
  const again = new Released('1.2.3');
  const other = new Released('1.2.4');
  expect(again.digests()).toEqual(released.digests());
  expect(other.digests()['filter-compat']).not.toBe(released.digests()['filter-compat']);
  again.remove();
  other.remove();
}, 120_000);
