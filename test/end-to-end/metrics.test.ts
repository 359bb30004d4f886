import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { readSamples } from '../../tools/launch/statistics.ts';
import { credentials } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

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
    const tags = new Set(ours.flatMap((sample) => Object.keys(sample.tags)));
    expect([...tags].sort()).toEqual(['cause', 'layer', 'le', 'outcome', 'reason', 'status']);
  });
});
