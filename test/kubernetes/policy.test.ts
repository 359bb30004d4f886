import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { useParts } from '../support/use-deployment.ts';
import { configMap } from './manifests.ts';
import { exchangeEntry, issuerClient, PolicyDeployment } from './policy-deployment.ts';

const parts = useParts(() => PolicyDeployment.start());
const become = (host: string, path: string, status: number) => parts().become(host, path, status);
const targets = () => parts().deployment.identityProvider.exchange;
const pass = (host: string, pathPrefix: string) => ({ match: { host, pathPrefix }, action: 'pass' });
const deny = (host: string, pathPrefix: string) => ({ match: { host, pathPrefix }, action: 'deny' });

/** `aud` of the token that the backend gets there. */
async function audience(host: string, path: string): Promise<readonly string[]> {
  expect((await parts().send(host, path)).status).toBe(200);
  const { authorization } = parts().deployment.backend.last().headers;
  return [decodeJwt(String(authorization).slice('Bearer '.length)).aud ?? []].flat();
}

async function status() {
  const text = (await fetch(`${parts().deployment.controlAdminUrl}/status`)).json();
  return (await text) as { sources: { name: string; problems: { message: string }[] }[]; watches: object[] };
}

const problemsOf = async (name: string) =>
  (await status()).sources.find((source) => source.name === name)?.problems.map(({ message }) => message);

test("two teams' ConfigMaps give their backends two audiences, one denies, and what nobody claims goes on", async () => {
  const { first, second } = targets();
  await parts().write('team-a', 'orders', [
    exchangeEntry('a.example', '/orders', first.exchange),
    deny('a.example', '/orders/internal'),
  ]);
  await parts().write('team-b', 'payments', [exchangeEntry('b.example', '/payments', second.exchange)]);
  await become('a.example', '/orders/internal', 403);
  expect(await audience('a.example', '/orders/1')).toContain(first.audience);
  await eventually(async () => expect(await audience('b.example', '/payments/1')).toContain(second.audience));
  expect((await parts().send('c.example', '/orders/1')).status).toBe(200);
});

test('a namespace may not claim the host of another', async () => {
  await parts().write('team-a', 'stolen', [deny('b.example', '/payments')]);
  await eventually(async () => {
    expect(await problemsOf('configmap team-a/stolen')).toEqual([
      'claims the host "b.example", which its owner may not; it may claim a.example',
    ]);
  });
  expect(await audience('b.example', '/payments/1')).toContain(targets().second.audience);
  await parts().remove('team-a', 'stolen');
});

test('two ConfigMaps that claim the same close it until one gives way', async () => {
  await parts().write('team-a', 'shared', [pass('a.example', '/shared')]);
  await parts().write('team-b', 'shared', [deny('a.example', '/shared')]);
  await become('a.example', '/shared', 503);
  await parts().remove('team-b', 'shared');
  await become('a.example', '/shared', 200);
});

test.each([
  ['is no YAML', 'version: v1\nentries: [', /is not YAML/],
  ['is of another version', 'version: v2\nentries: []', /must be v1/],
])('one that %s closes what it claimed, and nothing else', async (_case, text, problem) => {
  await parts().write('team-a', 'broken', [deny('a.example', '/broken')]);
  await become('a.example', '/broken/1', 403);
  await parts().write('team-a', 'broken', text);
  await become('a.example', '/broken/1', 503);
  expect(await problemsOf('configmap team-a/broken')).toEqual([expect.stringMatching(problem)]);
  expect(await audience('a.example', '/orders/1')).toContain(targets().first.audience);
  await parts().remove('team-a', 'broken');
  await become('a.example', '/broken/1', 200);
});

test('one without its key is bad', async () => {
  const { admin } = parts().apiserver;
  const labels = { 'ext-authz-token-exchange.magneticflux.net/enabled': 'true' };
  const metadata = { namespace: 'team-a', name: 'keyless', labels };
  await admin.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'other.yaml': '' } });
  await eventually(async () =>
    expect(await problemsOf('configmap team-a/keyless')).toEqual([
      'has no config.yaml under data; put the document there',
    ]),
  );
  await parts().remove('team-a', 'keyless');
});

test('a namespace that loses its label loses its policy, and gets it back with the label', async () => {
  await parts().write('team-b', 'closed', [deny('b.example', '/closed')]);
  await become('b.example', '/closed', 403);
  await parts().select('team-b', false);
  await become('b.example', '/closed', 200);
  await parts().select('team-b', true);
  await become('b.example', '/closed', 403);
});

test("a change of the client's Secret takes effect without a restart", async () => {
  const { first } = parts().deployment.identityProvider.clients;
  await audience('a.example', '/orders/1');
  await parts().apiserver.admin.apply(issuerClient({ ...first, secret: 'planted-wrong-secret' }));
  await become('a.example', '/orders/1', 502);
  await parts().apiserver.admin.apply(issuerClient(first));
  await become('a.example', '/orders/1', 200);
  expect(await audience('a.example', '/orders/1')).toContain(targets().first.audience);
});

test('the command revokes in a ConfigMap, and only what its namespace owns', async () => {
  const { kubeconfigFile } = parts().apiserver;
  const { first } = targets();
  await parts().write('team-a', 'revocations', []);
  const words = ['revoke', '--configmap', 'team-a/revocations', '--kubeconfig', kubeconfigFile];
  const output = execFileSync(process.execPath, ['control/main.ts', ...words, 'client', 'first-client'], {
    encoding: 'utf8',
  });
  expect(output).toBe('revoked in configmap team-a/revocations: client first-client\n');
  await become('a.example', '/orders/1', 403);
  expect(await audience('b.example', '/payments/1')).toContain(targets().second.audience);
  // Each reads what the other has written in between, and writes it again.
  const subjects = ['alice', 'bob', 'carol'];
  const run = promisify(execFile);
  await Promise.all(
    subjects.map((subject) => run(process.execPath, ['control/main.ts', ...words, 'subject', subject])),
  );
  const { data } = await parts().apiserver.admin.read(configMap('team-a', 'revocations'));
  for (const name of ['first-client', ...subjects]) expect(JSON.stringify(data)).toContain(name);
  await parts().remove('team-a', 'revocations');
  await become('a.example', '/orders/1', 200);
  expect(await audience('a.example', '/orders/1')).toContain(first.audience);
});

test('while the API server is down everything goes on; what was written as it came back takes effect', async () => {
  await parts().apiserver.goDown();
  for (let i = 0; i < 5; i++) expect((await parts().send('a.example', '/orders/1')).status).toBe(200);
  await eventually(async () => {
    expect((await status()).watches).toContainEqual({
      name: 'configmaps of namespace team-a',
      synced: true,
      problem: expect.stringMatching(/no answer/),
    });
  }, 30_000);
  await parts().apiserver.comeBack();
  await parts().write('team-a', 'late', [deny('a.example', '/late')]);
  await parts().remove('team-b', 'closed');
  await become('a.example', '/late', 403);
  await become('b.example', '/closed', 200);
  await eventually(async () => {
    for (const watch of (await status()).watches) expect(watch).not.toHaveProperty('problem');
  }, 60_000);
});

test('control that starts without the API server lets nothing through, and begins when it comes', async () => {
  const { deployment, apiserver } = parts();
  await deployment.stopControl();
  await apiserver.goDown();
  await expect(deployment.startControl()).rejects.toThrow(/Secret token-broker\/issuer-client, which cannot be read/);
  expect((await parts().send('a.example', '/orders/1')).status).toBe(503);
  await apiserver.comeBack();
  // As Kubernetes starts it again and again; the API server needs a moment to know whom it has given which rights.
  await eventually(() => deployment.startControl(), 60_000);
  await become('a.example', '/late', 403);
  expect(await audience('a.example', '/orders/1')).toContain(targets().first.audience);
});
