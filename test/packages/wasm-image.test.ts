import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from './support/build.ts';
import { ROOT } from './support/copy-sources.ts';
import { Registry } from './support/registry.ts';
import { Released } from './support/released.ts';

const IMAGES = ['filter', 'filter-request-only'].flatMap((name) => ['compat', 'oci'].map((layout) => [name, layout]));

let released: Released;
let registry: Registry;
let crane: string;

beforeAll(async () => {
  crane = build('wasm-image', 'crane');
  released = new Released('1.2.3');
  registry = await Registry.start();
}, 300_000);

afterAll(async () => {
  await registry?.stop();
  released?.remove();
});

/** Puts an image into the registry as the release does, and returns where it is. */
function push(name: string, layout: string): string {
  const image = `${registry.address}/envoy-token-broker/${name}:${layout}`;
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
