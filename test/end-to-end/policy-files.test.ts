import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { CLIENTS } from '../support/identity-provider.ts';
import { CLIENT_CREDENTIALS } from '../support/policy-file.ts';
import { PolicyFolder } from '../support/policy-folder.ts';
import { useDeployment } from '../support/use-deployment.ts';

const credentials = (client: { id: string; secret: string }) => ({
  issuerRef: 'identity-provider',
  clientId: { value: client.id },
  clientSecret: { value: client.secret },
});
const entry = (pathPrefix: string, action: string, member?: object) => ({
  match: { host: '*', pathPrefix },
  action,
  ...(member && { [action]: member }),
});

const folder = new PolicyFolder();
afterAll(() => folder.stop());

describe('documents of policy in a folder', () => {
  const deployment = useDeployment({ policy: { unmatched: 'pass', files: [{ path: folder.path }] } });
  const statusOf = async (path: string) => (await deployment().send({ path })).status;
  /** Both workers have it: many requests in a row meet one outcome. */
  const become = (path: string, status: number) =>
    eventually(async () => {
      const statuses = await Promise.all(Array.from({ length: 12 }, () => statusOf(path)));
      expect(new Set(statuses)).toEqual(new Set([status]));
    });
  const authorization = async (path: string) => {
    await statusOf(path);
    return deployment().backend.last().headers.authorization;
  };

  test('come into force, change and go without a restart, and no old decision outlives them', async () => {
    const { identityProvider } = deployment();
    expect(await authorization('/orders/1')).toBeUndefined();

    folder.write('orders.yaml', [entry('/orders', 'clientCredentials', credentials(CLIENTS.first))]);
    await eventually(async () => expect(await authorization('/orders/1')).toMatch(/^Bearer /));
    expect(await authorization('/orders/1')).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);

    folder.write('orders.yaml', [entry('/orders', 'deny')]);
    await become('/orders/1', 403);

    folder.remove('orders.yaml');
    await become('/orders/1', 200);
    expect(await authorization('/orders/1')).toBeUndefined();
  });

  test('that become bad close what they claimed; the others go on, and the operator is told', async () => {
    folder.write('orders.yaml', [entry('/orders', 'clientCredentials', credentials(CLIENTS.first))]);
    folder.write('payments.yaml', [entry('/payments', 'clientCredentials', credentials(CLIENTS.second))]);
    await eventually(async () => {
      expect(await authorization('/orders/1')).toMatch(/^Bearer /);
      expect(await authorization('/payments/1')).toMatch(/^Bearer /);
    });

    folder.write('orders.yaml', 'version: v1\nentries: [');
    await become('/orders/1', 503);
    const refusal = await deployment().send({ path: '/orders/1' });
    expect(refusal).toMatchObject({ body: 'policy unavailable\n', headers: { 'retry-after': '1' } });
    expect(await authorization('/payments/1')).toMatch(/^Bearer /);
    expect((await deployment().written())["control's log"]).toMatch(/"source":"file [^"]*orders\.yaml".*is not YAML/);

    folder.write('orders.yaml', [entry('/orders', 'clientCredentials', credentials(CLIENTS.first))]);
    await become('/orders/1', 200);
  });

  test('that claim the same close it, and open it when one gives way', async () => {
    folder.clean();
    folder.write('a.yaml', [entry('/shared', 'pass')]);
    await become('/shared', 200);
    folder.write('b.yaml', [entry('/shared', 'deny')]);
    await become('/shared', 503);
    folder.remove('a.yaml');
    await become('/shared', 403);
  });
});

describe('a revocation', () => {
  const documents = new PolicyFolder();
  afterAll(() => documents.stop());
  const deployment = useDeployment({
    policy: {
      unmatched: 'deny',
      files: [{ path: documents.path, trusted: true }],
      entries: [
        { id: 'open', match: { pathPrefix: '/open' }, action: 'pass' },
        { id: 'orders', match: { pathPrefix: '/orders' }, ...CLIENT_CREDENTIALS },
      ],
    },
  });
  const file = join(documents.path, 'revocations.yaml');
  const revoke = (...words: string[]) =>
    execFileSync(process.execPath, ['control/main.ts', 'revoke', '--file', file, ...words], { encoding: 'utf8' });
  const statusOf = async (client: { id: string; secret: string }, path = '/orders/1') => {
    const headers = { 'x-client-id': client.id, 'x-client-secret': client.secret };
    return (await deployment().send({ path, headers })).status;
  };
  const both = async () => [await statusOf(CLIENTS.first), await statusOf(CLIENTS.second)];

  test('made by the command reaches Envoy within seconds, empties what it touches, and survives a restart', async () => {
    for (let round = 0; round < 6; round++) expect(await both()).toEqual([200, 200]);
    expect(revoke('client', CLIENTS.first.id, '--reason', 'its secret leaked')).toContain('revoked in');
    await eventually(async () => {
      for (let round = 0; round < 6; round++) expect(await both()).toEqual([401, 200]);
    });
    await deployment().stopControl();
    await deployment().startControl();
    expect(await both()).toEqual([401, 200]);

    documents.remove('revocations.yaml');
    await eventually(async () => expect(await both()).toEqual([200, 200]));
  });

  test('of a route that only passes is enforced by the filter alone, and ends by itself', async () => {
    expect(await statusOf(CLIENTS.first, '/open')).toBe(200);
    revoke('route', 'open', '--until', '8s');
    await eventually(async () => expect(await statusOf(CLIENTS.first, '/open')).toBe(403));
    await eventually(async () => expect(await statusOf(CLIENTS.first, '/open')).toBe(200), 20_000);
  });
});

describe("the operator's own file", () => {
  const directory = mkdtempSync(join(tmpdir(), 'envoy-token-broker-operator-'));
  const secretFile = join(directory, 'secret');
  const documents = new PolicyFolder();
  beforeAll(() => writeFileSync(secretFile, 'a wrong secret'));
  afterAll(() => {
    documents.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const deployment = useDeployment({
    policy: {
      unmatched: 'deny',
      files: [{ path: documents.path }],
      entries: [
        {
          id: 'orders',
          match: { pathPrefix: '/orders' },
          action: 'clientCredentials',
          clientCredentials: { ...credentials(CLIENTS.first), clientSecret: { file: secretFile } },
        },
      ],
    },
  });
  const statusOf = async (path: string) => (await deployment().send({ path })).status;

  test('a secret that is mended in its file is used within seconds, whatever was remembered of the wrong one', async () => {
    expect(await statusOf('/orders/1')).toBe(401);
    writeFileSync(secretFile, `${CLIENTS.first.secret}\n`);
    await eventually(async () => expect(await statusOf('/orders/1')).toBe(200));
  });

  test('a change that is bad changes nothing, and holds up no document', async () => {
    const path = deployment().configurationFile();
    const good = readFileSync(path, 'utf8');
    writeFileSync(path, good.replace('"version":"v1"', '"version":"v9"'));
    await eventually(async () =>
      expect((await deployment().written())["control's log"]).toContain('what was in force stays in force'),
    );
    documents.write('more.yaml', [entry('/more', 'pass')]);
    await eventually(async () => expect(await statusOf('/more')).toBe(200));
    expect(await statusOf('/orders/1')).toBe(200);

    writeFileSync(path, good.replace('"unmatched":"deny"', '"unmatched":"pass"'));
    await eventually(async () => expect(await statusOf('/elsewhere')).toBe(200));
  });
});
