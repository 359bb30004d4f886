import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ensureEnvoy } from '../../tools/envoy/ensure.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const files = readdirSync(`${ROOT}/envoy`).filter((name) => name.endsWith('.yaml'));

test.each(files)('Envoy accepts envoy/%s as it is, from the root of the repository', async (file) => {
  const parameters = ['--mode', 'validate', '--config-path', `envoy/${file}`];
  const output = execFileSync(await ensureEnvoy(), parameters, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });
  expect(output).toContain('OK');
});
