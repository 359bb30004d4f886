import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readEnvironment } from '../../../control/config/environment.ts';
import { boot } from '../boot.ts';

test('/check refuses a path whose readings meet different entries, as the filter does', async () => {
  const configuration = readEnvironment({}, readFileSync);
  const everywhere = { host: '*', methods: [] };
  const booted = boot({
    configuration: {
      ...configuration,
      policy: {
        unmatched: 'pass',
        files: [],
        entries: [
          {
            id: 'public',
            setting: '',
            match: { ...everywhere, pathPrefix: '/public' },
            action: { kind: 'pass', strip: [] },
          },
          { id: 'admin', setting: '', match: { ...everywhere, pathPrefix: '/public/admin' }, action: { kind: 'deny' } },
        ],
      },
    },
  });
  const status = async (path: string) => (await booted.check?.inject({ url: `/check${path}` }))?.statusCode;
  expect(await status('/public/a%2Fb')).toBe(200);
  expect(await status('/public/admin')).toBe(403);
  expect(await status('/public%2Fadmin')).toBe(400);
  await booted.close();
});
