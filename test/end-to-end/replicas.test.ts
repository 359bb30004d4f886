import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { chooseControlPorts, type RunningControl, startControl } from '../../tools/launch/control.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { readSamples, sumSamples } from '../../tools/launch/statistics.ts';
import { credentials } from '../support/deployment.ts';
import { readDocumented } from '../support/documented.ts';
import { useDeployment } from '../support/use-deployment.ts';

const folder = mkdtempSync(join(tmpdir(), 'envoy-token-broker-replicas-'));
afterAll(() => rmSync(folder, { recursive: true }));
const keyFile = join(folder, 'cache-key');
writeFileSync(keyFile, randomBytes(32));
const ports = await chooseControlPorts();

describe('two replicas of control that share a key', () => {
  const deployment = useDeployment({
    control: { CACHE_KEY_FILE: keyFile },
    configure: (configuration) => {
      const cluster = configuration.cluster('token-broker');
      const [{ lb_endpoints }] = cluster.load_assignment.endpoints;
      const address = { socket_address: { address: '127.0.0.1', port_value: ports.filterPort } };
      lb_endpoints.push({ endpoint: { address } });
      Object.assign(cluster, parse(readDocumented('docs/failure-modes.md', 'outlier_detection:')));
    },
  });
  let second: RunningControl;
  beforeAll(async () => {
    const { tokenEndpoint } = deployment().identityProvider;
    const environment = { DEX_TOKEN_URL: tokenEndpoint, ALLOW_INSECURE_DEX_URL: 'true', CACHE_KEY_FILE: keyFile };
    second = await startControl(environment, ports);
  });
  afterAll(() => second.stop());

  const wrong = () => {
    const secret = deployment().secrets.plant('a wrong secret', randomBytes(16).toString('hex'));
    return deployment().send({ headers: credentials({ id: 'nobody', secret }) });
  };
  const decisions = async (adminUrl: string) =>
    sumSamples(await readSamples(adminUrl, '/metrics'), 'token_broker_decisions_total', { way: 'filter' });

  test('both decide, and what one decided is remembered whichever gives the table', async () => {
    const { first } = deployment().identityProvider.clients;
    const urls = [deployment().controlAdminUrl, `http://127.0.0.1:${second.adminPort}`];
    await eventually(async () => {
      expect((await wrong()).status).toBe(401);
      for (const url of urls) expect(await decisions(url)).toBeGreaterThan(0);
    });
    expect((await deployment().send({ headers: credentials(first) })).status).toBe(200);
    const made = () => Promise.all(urls.map(decisions));
    const before = await made();
    const unchanged = () => deployment().counter('token_broker_table_refreshes', { outcome: 'unchanged' });
    const polls = await unchanged();
    await eventually(async () => {
      expect((await deployment().send({ headers: credentials(first) })).status).toBe(200);
      expect(await unchanged()).toBeGreaterThan(polls + 10);
    });
    expect(await made()).toEqual(before);
    expect(await deployment().counter('token_broker_callout_failures')).toBe(0);
  });

  test('one that dies is noticed by nobody who is remembered, and soon by nobody at all', async () => {
    const { first } = deployment().identityProvider.clients;
    second.process.signal('SIGKILL');
    await second.process.waitForEnd();
    await eventually(async () => {
      expect((await deployment().send({ headers: credentials(first) })).status).toBe(200);
      const statuses: number[] = [];
      while (statuses.length < 20) statuses.push((await wrong()).status);
      expect(new Set(statuses)).toEqual(new Set([401]));
    });
    expect(deployment().secrets.findIn({ 'the log of the second': second.log() })).toEqual([]);
  });
});
