import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePorts } from '../../tools/launch/ports.ts';
import { RunningProcess } from '../../tools/launch/running-process.ts';
import { lastOf, readEntrypoint, readStages } from '../support/dockerfile.ts';
import { copySources, ROOT } from './support/copy-sources.ts';

/** How a Dockerfile names a build argument. */
const variable = (name: string) => `\${${name}}`;

describe('the Dockerfile', () => {
  const [stage = [], final = [], ...others] = readStages();

  test('ships what the script has put together, upon an image without a shell, and runs nothing there', () => {
    expect(others).toEqual([]);
    expect(lastOf(final, 'FROM').argument).toMatch(/\/distroless\/nodejs24-debian\d+:nonroot$/);
    expect(final.filter(({ keyword }) => keyword === 'COPY')).toEqual([
      { keyword: 'COPY', flags: ['--from=stage'], argument: '/image /app' },
    ]);
    expect(final.filter(({ keyword }) => ['RUN', 'ADD', 'CMD'].includes(keyword))).toEqual([]);
  });

  test('is not root, by a number that Kubernetes can judge', () => {
    expect(lastOf(final, 'USER').argument).toBe('65532:65532');
  });

  test('compiles once, for all processors', () => {
    const { flags, argument } = lastOf(stage, 'FROM');
    expect(flags).toEqual(['--platform=$BUILDPLATFORM']);
    expect(argument).toMatch(/^node:24-\S+ AS stage$/);
  });

  test('has the labels that registries and scanners read', () => {
    const labels = [...lastOf(final, 'LABEL').argument.matchAll(/org\.opencontainers\.image\.(\w+)="([^"]+)"/g)];
    expect(Object.fromEntries(labels.map(([, name, value]) => [name, value]))).toMatchObject({
      source: 'https://github.com/envoy-token-broker/envoy-token-broker',
      licenses: 'Apache-2.0',
      version: variable('VERSION'),
      revision: variable('REVISION'),
    });
  });
});

interface LockedPackage {
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
}

describe('the files of the image', () => {
  const root = mkdtempSync(join(tmpdir(), 'image-'));
  const image = join(root, 'image');

  /** Does what the stage of the Dockerfile does, with its own command, on what .dockerignore lets through. */
  beforeAll(() => {
    const [stage = []] = readStages();
    const source = join(root, 'source');
    mkdirSync(source);
    const ignore = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    expect(ignore).toContain('*');
    copySources(
      source,
      ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1)),
    );
    expect(lastOf(stage, 'COPY').argument).toBe('. .');
    const command = lastOf(stage, 'RUN').argument.replace('npm_config_cache=/npm ', '');
    expect(command).toBe('sh tools/package/stage.sh /image');
    const { HOME = root } = process.env;
    // The image has Node 24 first; here it is that of the project.
    const PATH = `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`;
    execFileSync('sh', ['-c', command.replace('/image', image)], { cwd: source, env: { HOME, PATH }, stdio: 'ignore' });
  }, 900_000);

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('are control, the matcher and the packages that it needs', () => {
    expect(readdirSync(image).sort()).toEqual(['LICENSE', 'build', 'control', 'node_modules', 'package.json']);
    expect(readdirSync(join(image, 'build'))).toEqual(['matcher.wasm']);
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    delete packages[''];
    for (const [path, { dev, optional, devOptional }] of Object.entries<LockedPackage>(packages)) {
      expect(existsSync(join(image, path)), path).toBe(!(dev || optional || devOptional));
    }
  });

  test('hold no program, and nothing that depends on the processor', () => {
    const files = readdirSync(image, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
    for (const entry of files) {
      const path = join(entry.parentPath, entry.name);
      expect(entry.isFile(), path).toBe(true);
      expect(path).not.toMatch(/\.(?:node|so|exe|dll)$/);
      // ELF, Mach-O.
      expect(readFileSync(path).subarray(0, 4).toString('hex'), path).not.toMatch(
        /^(?:7f454c46|cffaedfe|feedfac[ef])$/,
      );
    }
  });

  test('are for anybody to read and for nobody but root to change', () => {
    for (const entry of readdirSync(image, { recursive: true, withFileTypes: true })) {
      const { mode } = statSync(join(entry.parentPath, entry.name));
      expect(mode & 0o022, entry.name).toBe(0);
      expect(mode & 0o044, entry.name).toBe(0o044);
    }
  });

  test('are enough: the command of the image starts control, and it finds itself ready', async () => {
    const [port = 0] = await findFreePorts(1);
    const [, ...parameters] = readEntrypoint();
    const control = new RunningProcess({
      name: 'control',
      command: process.execPath,
      parameters,
      directory: image,
      environment: {
        NODE_ENV: 'production',
        ADMIN_LISTEN_ADDR: `127.0.0.1:${port}`,
        // What is loaded only then has to be there too.
        GRPC_LISTEN_ADDR: '127.0.0.1:0',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
        LISTEN_ADDR: '127.0.0.1:0',
        FILTER_LISTEN_ADDR: 'off',
      },
    });
    await control.waitUntil(async () => expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200));
    await control.stop();
    expect(control.end()).toBe('exit code 0');
  });
});
