import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { readSamples } from '../../tools/launch/statistics.ts';
import { credentials } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

const PAGE = readFileSync(new URL('../../docs/filter-configuration.md', import.meta.url), 'utf8');

/** Names and tags of the table in docs/filter-configuration.md, but for those that the build for shadow alone has. */
function documented(): string[] {
  const rows = PAGE.split('\n').filter((line) => line.startsWith('| `token_broker_') && !line.includes('shadow'));
  return rows.flatMap((row) => {
    const [, names = '', tags = ''] = row.split('|');
    const [, tag, values] = /`(\w+)`: (.+) /.exec(tags) ?? [];
    const suffixes = tag === undefined ? [''] : (values ?? '').split(', ').map((value) => `{${tag}="${value}"}`);
    return (names.match(/token_broker_\w+/g) ?? []).flatMap((name) => suffixes.map((suffix) => name + suffix));
  });
}

describe("the filter's metrics in Envoy's /stats/prometheus", () => {
  const deployment = useDeployment();

  test('count what happened, by names and tags without a trace of a key', async () => {
    const { first } = deployment().identityProvider.clients;
    const headers = credentials(first);
    for (let i = 0; i < 10; i++) await deployment().send({ headers });
    await deployment().send({ headers: credentials({ ...first, secret: 'wrong' }) });
    await deployment().send();

    await eventually(async () => {
      const counter = (name: string, tags = {}) => deployment().counter(`token_broker_${name}`, tags);
      expect(await counter('misses')).toBeGreaterThanOrEqual(3);
      const hits = (await counter('hits', { layer: 'worker' })) + (await counter('hits', { layer: 'shared' }));
      expect(hits + (await counter('misses'))).toBe(12);
      expect(await counter('denials', { status: '401' })).toBe(2);
      // Each worker fetches the table, and so does Envoy's main thread.
      expect(await counter('table_refreshes', { outcome: 'changed' })).toBeGreaterThanOrEqual(2);
      expect(await counter('callout_milliseconds_count')).toBeGreaterThanOrEqual(3);
      expect(await counter('waiting_requests')).toBe(0);
    });

    const samples = await readSamples(deployment().envoy.adminUrl);
    const ours = samples.filter(({ name }) => name.startsWith('token_broker_'));
    const shown = ours
      .filter(({ name }) => !/_milliseconds_(bucket|sum)$/.test(name))
      .map(({ name, tags }) => [name.replace(/_count$/, ''), ...Object.entries(tags).map((tag) => tag.join('='))])
      .map(([name, tag]) => (tag === undefined ? name : `${name}{${tag.replace('=', '="')}"}`));
    expect(shown.toSorted()).toEqual(documented().toSorted());
  });
});
