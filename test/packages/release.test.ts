import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { build } from './support/build.ts';
import { ROOT } from './support/copy-sources.ts';
import { Registry } from './support/registry.ts';
import { Released } from './support/released.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const readJson = (path: string) => JSON.parse(read(path));

interface LockedPackage {
  version: string;
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
}

/** A package in a list of either format. */
interface Listed {
  name: string;
  group?: string;
  version?: string;
  versionInfo?: string;
}

function nameOf({ name, group, version, versionInfo }: Listed): string {
  return `${group ? `${group}/` : ''}${name}@${version ?? versionInfo}`;
}

describe('what a release holds', () => {
  let released: Released;
  beforeAll(() => {
    released = new Released('1.2.3');
  }, 300_000);
  afterAll(() => released?.remove());

  test('is listed with checksums that are right', () => {
    const lines = released.text('SHA256SUMS').trimEnd().split('\n');
    const sums = Object.fromEntries(lines.map((line) => line.split('  ').reverse() as [string, string]));
    expect(Object.keys(sums).sort()).toEqual(
      readdirSync(released.folder)
        .filter((name) => !['images', 'SHA256SUMS'].includes(name))
        .sort(),
    );
    for (const [name, sum] of Object.entries(sums)) {
      expect(
        createHash('sha256')
          .update(readFileSync(released.path(name)))
          .digest('hex'),
      ).toBe(sum);
    }
  });

  test.each(['cyclonedx', 'spdx'])('lists all that control is made of and nothing else, as %s', (format) => {
    const document = JSON.parse(released.text(`control.${format}.json`));
    const listed: Listed[] = document.components ?? document.packages;
    const { packages } = readJson('package-lock.json');
    const shipped = Object.entries<LockedPackage>(packages)
      .filter(([path, { dev, optional, devOptional }]) => path !== '' && !(dev || optional || devOptional))
      .map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`);
    // Where two versions of a package are in several places, a list has each version once.
    const names = new Set(listed.map(nameOf).filter((name) => !name.startsWith('envoy-token-broker@')));
    expect([...names].sort()).toEqual([...new Set(shipped)].sort());
  });

  test('is published under all of its tags, and printed by digest for what signs it', async () => {
    const registry = await Registry.start();
    const parameters = ['tools/package/publish.sh', '1.2.3', released.folder, `${registry.address}/place`];
    const environment = { ...process.env, PLAIN_HTTP: '1' };
    const options = { cwd: ROOT, env: environment, encoding: 'utf8', stdio: 'pipe' } as const;
    const output = execFileSync('sh', parameters, options);
    const published = output.trim().split('\n');
    const digests = released.digests();

    const tags = ['1.2', '1.2.3', 'latest', 'v1.2.3'];
    for (const module of ['filter', 'filter-request-only']) {
      expect(await registry.tagsOf(`place/${module}`)).toEqual(tags.flatMap((tag) => [tag, `${tag}-oci`]).sort());
      expect(await registry.digestOf(`place/${module}`, 'latest')).toBe(digests[`${module}-compat`]);
      expect(await registry.digestOf(`place/${module}`, 'v1.2.3-oci')).toBe(digests[`${module}-oci`]);
      expect(published).toContain(`${registry.address}/place/${module}@${digests[`${module}-compat`]}`);
    }
    const chart = 'place/charts/envoy-token-broker';
    expect(published.at(-1)).toBe(`${registry.address}/${chart}@${await registry.digestOf(chart, '1.2.3')}`);
    expect(published).toHaveLength(5);

    // As docs/helm.md has people look at it.
    const shown = execFileSync(
      build('helm', 'helm'),
      ['show', 'chart', `oci://${registry.address}/${chart}`, '--version', '1.2.3', '--plain-http'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    expect(parse(shown)).toMatchObject({ name: 'envoy-token-broker', version: '1.2.3', appVersion: '1.2.3' });
    await registry.stop();
  }, 120_000);
});

test.each([
  ['1.2.3', ['v1.2.3', '1.2.3', '1.2', 'latest']],
  ['10.20.30', ['v10.20.30', '10.20.30', '10.20', 'latest']],
  ['1.2.3-rc.1', ['v1.2.3-rc.1', '1.2.3-rc.1']],
])('the tags of %s', (version, tags) => {
  const output = execFileSync('sh', [join(ROOT, 'tools/package/tags.sh'), version], { encoding: 'utf8' });
  expect(output.trimEnd().split('\n')).toEqual(tags);
});

describe('versions', () => {
  const { version } = readJson('package.json');

  test('are the same wherever one stands', () => {
    expect(readJson('package-lock.json').version).toBe(version);
    expect(readJson('.release-please-manifest.json')['.']).toBe(version);
    const chart = parse(read('deploy/helm/Chart.yaml'));
    expect([chart.version, chart.appVersion]).toEqual([version, version]);
    expect(read('deploy/kubernetes/control.yaml')).toContain(`control:v${version} # x-release-please-version`);
    expect(read('docs/helm.md')).toContain(`charts/envoy-token-broker --version ${version} `);
  });

  test('are found by what raises them', () => {
    const { 'extra-files': files } = readJson('release-please-config.json').packages['.'];
    const marked = { 'deploy/helm/Chart.yaml': 2, 'deploy/kubernetes/control.yaml': 1, 'docs/helm.md': 1 };
    expect(files.map(({ path }: { path: string }) => path)).toEqual(Object.keys(marked));
    for (const [path, count] of Object.entries(marked)) {
      expect(read(path).match(/x-release-please(?:-start)?-version/g)).toHaveLength(count);
    }
  });
});

describe('the workflows', () => {
  const files = readdirSync(join(ROOT, '.github/workflows')).map((name) => join('.github/workflows', name));

  test('are good by the rules of what runs them', () => {
    const output = execFileSync(build('actionlint'), ['-color=false', ...files], { cwd: ROOT, encoding: 'utf8' });
    expect(output).toBe('');
  });

  test.each(files)('%s may do nothing that a job does not ask for', (path) => {
    const { permissions, jobs } = parse(read(path));
    expect(permissions).toEqual({ contents: 'read' });
    for (const job of Object.values<{ 'timeout-minutes'?: number; uses?: string }>(jobs)) {
      if (job.uses === undefined) expect(job['timeout-minutes']).toBeGreaterThan(0);
    }
  });

  test('upload what scanners find as SARIF, whether that fails the job or not', () => {
    const { jobs } = parse(read('.github/workflows/scan.yaml'));
    for (const name of ['packages', 'image']) {
      const { steps, permissions } = jobs[name];
      const step = (action: string) => steps.find(({ uses = '' }: { uses?: string }) => uses.startsWith(`${action}@`));
      const { id, with: how } = step('anchore/scan-action');
      expect(how).toMatchObject({ 'output-format': 'sarif', 'severity-cutoff': 'high' });
      expect(step('github/codeql-action/upload-sarif')).toMatchObject({
        if: `always() && steps.${id}.outputs.sarif != ''`,
        with: { sarif_file: `\${{ steps.${id}.outputs.sarif }}`, category: name },
      });
      expect(permissions['security-events']).toBe('write');
    }
  });

  test('name the place of images once, and the chart names the same', () => {
    const { REGISTRY } = parse(read('.github/workflows/release.yaml')).env;
    const { image, filter } = parse(read('deploy/helm/values.yaml'));
    expect([image.repository, filter.repository]).toEqual([`${REGISTRY}/control`, `${REGISTRY}/filter`]);
  });
});

test('dependabot looks at every module, and at nothing that is not there', () => {
  const { updates } = parse(read('.github/dependabot.yml'));
  const folders = updates.flatMap(({ directory, directories }: { directory?: string; directories?: string[] }) =>
    directory === undefined ? directories : [directory],
  );
  expect(folders).toEqual(['/', '/tools/*', '/tools/fetch-module/*', '/', '/', '/tools/envoy']);
  const listing = execFileSync('git', ['ls-files', '*go.mod'], { cwd: ROOT, encoding: 'utf8' });
  for (const path of listing.trim().split('\n')) expect(path).toMatch(/^tools\/(?:fetch-module\/)?[a-z-]+\/go\.mod$/);
});
