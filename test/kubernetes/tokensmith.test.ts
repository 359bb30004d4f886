import { readFileSync, writeFileSync } from 'node:fs';
import { decodeJwt } from 'jose';
import { Agent, fetch } from 'undici';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { chooseControlPorts, type RunningControl, startControl } from '../../tools/launch/control.ts';
import { IdentityClusters } from '../../tools/launch/identity-clusters.ts';
import { CheckClient, headersIn, joinedHeaders } from '../support/check-client.ts';
import { whoAmI } from './identity-deployment.ts';

const CART = 'system:serviceaccount:shop:cart';

let clusters: IdentityClusters;
let running: { control: RunningControl; client: CheckClient } | undefined;

beforeAll(async () => {
  // As in any cluster, and unlike in a lone API server.
  clusters = await IdentityClusters.start('--api-audiences=https://kubernetes.default.svc');
});

afterEach(async () => {
  running?.client.close();
  await running?.control.stop();
  running = undefined;
});

afterAll(() => clusters?.stop());

/** Starts control as tokensmith is started, in a pod of the management cluster. */
async function start(...flags: string[]): Promise<void> {
  const ports = await chooseControlPorts();
  const words = ['authz', '--addr=127.0.0.1', '--port', `${ports.grpcPort}`, ...flags];
  const control = await startControl(clusters.pod(), ports, words);
  running = { control, client: new CheckClient(`127.0.0.1:${ports.grpcPort}`) };
}

async function check(authorization?: string) {
  if (running === undefined) throw new Error('nothing is started');
  const headers = authorization === undefined ? {} : { authorization };
  const answer = await running.client.check(joinedHeaders({ headers }));
  return { status: answer.denied_response?.status.code ?? 200, token: headersIn(answer).authorization?.slice(7) ?? '' };
}

/** The default token of a pod: for the API server of its own cluster. */
const podToken = () => clusters.workload.admin.createToken({ namespace: 'shop', name: 'cart' });

async function expectExchange(): Promise<void> {
  const own = await podToken();
  const { status, token } = await check(`Bearer ${own}`);
  expect(status).toBe(200);
  expect(await whoAmI(clusters.management, token)).toBe(CART);
  expect(decodeJwt(token)).toMatchObject({ aud: ['https://kubernetes.default.svc'], sub: CART });
  expect((await check()).status).toBe(401);
  expect((await check('Bearer wrong')).status).toBe(401);
  expect((await check(`Bearer ${clusters.management.adminToken}`)).status).toBe(401);
  expect(running?.control.log()).not.toContain(own.split('.')[2]);
}

test('--workload-kubeconfig has tokens reviewed, for --token-expiration', async () => {
  await start('--workload-kubeconfig', clusters.workloadKubeconfig(), '--token-expiration=900');
  await expectExchange();
  const { iat = 0, exp = 0 } = decodeJwt((await check(`Bearer ${await podToken()}`)).token);
  expect(exp - iat).toBe(900);
});

test('--clusters-config has key sets verify', async () => {
  const { url, caFile, adminToken } = clusters.workload;
  const dispatcher = new Agent({ connect: { ca: readFileSync(caFile, 'utf8') } });
  const answer = await fetch(`${url}/openid/v1/jwks`, {
    headers: { authorization: `Bearer ${adminToken}` },
    dispatcher,
  });
  const file = `${clusters.workloadKubeconfig()}.clusters.yaml`;
  writeFileSync(
    file,
    JSON.stringify({ clusters: [{ name: 'workload', issuer: url, jwks_data: await answer.json() }] }),
  );
  await dispatcher.close();
  await start('--clusters-config', file);
  await expectExchange();
});
