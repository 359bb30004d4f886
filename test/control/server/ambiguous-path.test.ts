import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readEnvironment } from '../../../control/config/environment.ts';
import { boot } from '../boot.ts';
import { entry } from '../policy/policy-of.ts';

test('/check refuses a path whose readings meet different entries, as the filter does', async () => {
  const configuration = readEnvironment({}, readFileSync);
  const entries = [
    entry('public', { pathPrefix: '/public' }, { kind: 'pass' }),
    entry('admin', { pathPrefix: '/public/admin' }, { kind: 'deny' }),
  ];
  const booted = boot({
    configuration: { ...configuration, policy: { ...configuration.policy, unmatched: 'pass', entries } },
  });
  const status = async (path: string) => (await booted.check?.inject({ url: `/check${path}` }))?.statusCode;
  expect(await status('/public/a%2Fb')).toBe(200);
  expect(await status('/public/admin')).toBe(403);
  expect(await status('/public%2Fadmin')).toBe(400);
  await booted.close();
});
