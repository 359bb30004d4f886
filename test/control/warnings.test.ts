import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../control/main.ts', import.meta.url));

test('a provider that restricts too little is warned of at start, and the configuration is still good', () => {
  const environment = { STATIC_CLIENT_ID: 'client', JWKS_URL: 'https://issuer.example/keys', JWT_ISSUER: 'issuer' };
  const { status, stdout } = spawnSync(process.execPath, [MAIN, '--check-config'], {
    env: { PATH: process.env.PATH, ...environment },
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const warnings = stdout.split('\n').filter((line) => line.includes('"level":"warn"'));
  expect(warnings).toEqual([expect.stringContaining('"warning":"provider jwks-1 accepts tokens that are meant for')]);
  expect(stdout).toContain('the configuration is good\n');
});
