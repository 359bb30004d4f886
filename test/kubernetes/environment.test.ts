import { credentials as channel } from '@grpc/grpc-js';
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { CheckClient, rawHeaders } from '../support/check-client.ts';
import { useParts } from '../support/use-deployment.ts';
import { EnvironmentDeployment } from './environment-deployment.ts';
import { configMap } from './manifests.ts';

/** Control in the environment of ext-authz-token-exchange, with its rights, its labels and its chart's profiles. */
const parts = useParts(() => EnvironmentDeployment.start());
const LABEL = { 'ext-authz-token-exchange.magneticflux.net/enabled': 'true' };

async function write(team: string, name: string, entries: readonly object[], labels = LABEL): Promise<void> {
  const text = JSON.stringify({ version: 'v1', entries });
  await parts().apiserver.admin.apply(configMap(team, name, { 'config.yaml': text }, labels));
}

const exchange = (host: string, target: object) => ({
  match: { host, pathPrefix: '/orders', methods: ['GET', 'POST'] },
  action: 'exchange',
  exchange: { issuerRef: 'primary', ...target },
});
const deny = (host: string, pathPrefix: string) => ({ match: { host, pathPrefix }, action: 'deny' });

async function subject(): Promise<string> {
  const { identityProvider, secrets } = parts().deployment;
  const token = await identityProvider.exchange.subject(identityProvider.clients.second);
  secrets.plant('a subject token', token);
  return `Bearer ${token}`;
}

const send = (host: string, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  parts().deployment.send({ method, path, headers: { host, ...headers } });
const become = (host: string, path: string, status: number) =>
  eventually(async () => expect((await send(host, path)).status).toBe(status), 30_000);

/** `aud` of the token that the backend gets there. */
async function audience(host: string, path: string): Promise<readonly string[]> {
  const answer = await send(host, path, { authorization: await subject() });
  expect(answer.status).toBe(200);
  const { authorization } = parts().deployment.backend.last().headers;
  return [decodeJwt(String(authorization).slice('Bearer '.length)).aud ?? []].flat();
}

test('without policy everything passes unchanged', async () => {
  const authorization = await subject();
  expect((await send('a.example', '/orders', { authorization })).status).toBe(200);
  expect(parts().deployment.backend.last().headers).toMatchObject({ authorization });
});

test("two teams' ConfigMaps: two audiences, a deny, and what nobody claims goes on", async () => {
  const { first, second } = parts().deployment.identityProvider.exchange;
  await parts().select('team-a');
  await parts().select('team-b');
  await write('team-a', 'orders', [exchange('a.example', first.exchange), deny('a.example', '/admin')]);
  await write('team-b', 'orders', [exchange('b.example', second.exchange)]);
  await become('a.example', '/orders', 401);
  await become('b.example', '/orders', 401);
  expect(await audience('a.example', '/orders/1')).toContain(first.audience);
  expect(await audience('b.example', '/orders/1')).toContain(second.audience);
  const denied = await send('a.example', '/admin/users');
  expect(denied).toMatchObject({ status: 403, body: '{"error":"policy_denied"}' });
  expect(denied.headers['content-type']).toBe('application/json');
  expect((await send('a.example', '/elsewhere')).status).toBe(200);
});

test('a request without a token is challenged, a preflight goes on, and a bad token is for the issuer to refuse', async () => {
  const missing = await send('a.example', '/orders');
  expect(missing).toMatchObject({ status: 401, body: '{"error":"bearer_token_required"}' });
  expect(missing.headers['www-authenticate']).toBe('Bearer realm="issuer"');
  const preflight = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
  expect((await send('a.example', '/orders', preflight, 'OPTIONS')).status).toBe(200);
  const refused = await send('a.example', '/orders', { authorization: 'Bearer nonsense' });
  expect(refused.status).toBe(401);
  expect(JSON.parse(refused.body)).toMatchObject({ error_description: 'request failed (TXE-2001)' });
});

test('namespaces and ConfigMaps without their labels are ignored, and heeded with them', async () => {
  await parts().select('team-c', false);
  await write('team-c', 'closed', [deny('c.example', '/')]);
  await write('team-a', 'unlabelled', [deny('d.example', '/')], {} as typeof LABEL);
  await write('team-a', 'labelled', [deny('e.example', '/')]);
  await become('e.example', '/', 403);
  expect((await send('c.example', '/')).status).toBe(200);
  expect((await send('d.example', '/')).status).toBe(200);
  await parts().select('team-c');
  await become('c.example', '/', 403);
  await parts().select('team-c', false);
  await become('c.example', '/', 200);
});

test('a bad entry closes its region, a malformed document nothing, and the rest goes on', async () => {
  const { first } = parts().deployment.identityProvider.exchange;
  await write('team-b', 'bad', [exchange('bad.example', { issuerRef: 'elsewhere', scope: 'read' })]);
  await become('bad.example', '/orders', 503);
  const { admin } = parts().apiserver;
  await admin.apply(configMap('team-b', 'malformed', { 'config.yaml': 'entries: [' }, LABEL));
  await eventually(async () => {
    const status = await (await fetch(`${parts().deployment.controlAdminUrl}/status`)).text();
    expect(status).toContain('configmap team-b/malformed');
  });
  expect(await audience('a.example', '/orders/1')).toContain(first.audience);
  expect(parts().deployment.backend.requests.length).toBeGreaterThan(0);
});

test('gRPC is there over TLS too, with health', async () => {
  const { ports, authority } = parts();
  const client = new CheckClient(`localhost:${ports.tls}`, channel.createSsl(Buffer.from(authority)));
  expect(await client.health()).toEqual({ status: 1 });
  const answer = await client.check(rawHeaders({ host: 'a.example', path: '/admin' }));
  expect(answer.denied_response?.status.code).toBe(403);
  client.close();
});

test('metrics are on a listener of their own, by the names that dashboards know', async () => {
  const url = `http://127.0.0.1:${parts().ports.metrics}`;
  const text = await (await fetch(`${url}/custom`)).text();
  expect(text).toMatch(/^ext_authz_check_requests_total\{decision="allow_exchange",result="allowed"\} [1-9]/m);
  expect((await fetch(`${url}/status`)).status).toBe(404);
});

test('a profile that changes is read again, and what is wrong with it changes nothing', async () => {
  parts().changeProfile({ bearerRealm: 'renamed' });
  await eventually(async () => {
    const { headers } = await send('a.example', '/orders');
    expect(headers['www-authenticate']).toBe('Bearer realm="renamed"');
  }, 30_000);
  parts().changeProfile({ retries: 3 });
  await eventually(async () => {
    const status = await (await fetch(`${parts().deployment.controlAdminUrl}/status`)).text();
    expect(status).toContain('is not a field');
  }, 30_000);
  expect((await send('a.example', '/orders')).headers['www-authenticate']).toBe('Bearer realm="renamed"');
});
