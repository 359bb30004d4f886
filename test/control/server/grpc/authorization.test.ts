import { afterEach, describe, expect, test } from 'vitest';
import { BrokerError } from '../../../../control/errors.ts';
import { type CheckClient, headersIn, joinedHeaders, rawHeaders } from '../../../support/check-client.ts';
import { type Booted, type BootOptions, boot, CREDENTIALS } from '../../boot.ts';
import { connectGrpc } from './connect.ts';

let booted: Booted;
let client: CheckClient;

async function start(options: BootOptions = {}) {
  booted = boot({ ...options, environment: { GRPC_LISTEN_ADDR: '127.0.0.1:0', ...options.environment } });
  client = await connectGrpc(booted);
  return { check: (message: Parameters<CheckClient['check']>[0]) => client.check(message) };
}

afterEach(async () => {
  client.close();
  await booted.close();
});

describe.each([
  ['raw headers', rawHeaders],
  ['joined headers', joinedHeaders],
])('Check, with %s', (_how, message) => {
  test('lets a client with credentials through with the token, and takes its credentials away', async () => {
    const { check } = await start();
    const answer = await check(message({ headers: { ...CREDENTIALS, 'x-scope': 'openid' } }));
    expect(answer.status.code).toBe(0);
    expect(answer.ok_response?.headers).toMatchObject([
      { header: { key: 'authorization', value: Buffer.from('Bearer token-1-of-app') }, append_action: 2 },
    ]);
    expect(answer.ok_response?.headers_to_remove).toEqual(['x-client-id', 'x-client-secret', 'x-scope']);
    expect(booted.tokenRequests).toMatchObject([{ clientId: 'app', scope: 'openid' }]);
  });

  test('is one decision with /check: the second of the two asks no issuer', async () => {
    const { check } = await start();
    await booted.check?.inject({ url: '/check', headers: CREDENTIALS });
    const answer = await check(message({ method: 'PUT', path: '/orders?a=b', headers: CREDENTIALS }));
    expect(headersIn(answer)).toEqual({ authorization: 'Bearer token-1-of-app' });
  });

  test('maps members of the token response to headers, and removes those that it lacks', async () => {
    const { check } = await start({
      environment: { UPSTREAM_TOKEN_HEADERS: 'name:x-name,absent:x-absent' },
      issuer: () => ({ access_token: 't', expires_in: 300, name: 'Jürgen' }),
    });
    const answer = await check(message({ headers: { ...CREDENTIALS, 'x-absent': 'forged' } }));
    expect(headersIn(answer)).toEqual({ authorization: 'Bearer t', 'x-name': 'Jürgen' });
    expect(answer.ok_response?.headers_to_remove).toEqual([...Object.keys(CREDENTIALS), 'x-scope', 'x-absent']);
  });
});

describe('a credential that came twice', () => {
  const headers = { ...CREDENTIALS, 'x-client-secret': ['app-secret', 'app-secret'] };

  test('is refused where Envoy tells', async () => {
    const { check } = await start();
    const answer = await check(rawHeaders({ headers }));
    expect(answer.denied_response).toMatchObject({ status: { code: 400 }, body: 'header sent more than once\n' });
    expect(booted.tokenRequests).toEqual([]);
  });

  test('is one value with a comma where Envoy has joined it, and no longer the right one', async () => {
    const { check } = await start();
    await check(joinedHeaders({ headers }));
    expect(booted.tokenRequests[0]?.clientSecret?.reveal()).toBe('app-secret,app-secret');
  });
});

test('takes bytes as they came, also those that are not UTF-8', async () => {
  const { check } = await start();
  const message = rawHeaders({ headers: CREDENTIALS });
  const headers = message.attributes?.request?.http?.header_map?.headers ?? [];
  const broken = { key: 'x-scope', raw_value: Buffer.from([0xff, 0xfe]) };
  const http = { header_map: { headers: [...headers, broken] } };
  const answer = await check({ attributes: { request: { http } } });
  expect(answer.denied_response?.body).toBe('header contains invalid characters\n');
});

test.each([
  ['credentials_rejected', 401, 16, 'token request failed\n'],
  ['issuer_refused', 502, 14, 'token request failed\n'],
  ['issuer_unavailable', 503, 14, 'oauth provider unavailable\n'],
] as const)('answers %s with %i, status and all', async (code, status, grpcStatus, body) => {
  const { check } = await start({
    issuer: () => new BrokerError(code, { cause: new Error('the reason'), retryAfter: 7 }),
  });
  const answer = await check(rawHeaders({ headers: CREDENTIALS }));
  expect(answer.status.code).toBe(grpcStatus);
  expect(answer.denied_response).toMatchObject({ status: { code: status }, body });
  expect(answer.ok_response).toBeUndefined();
  expect(headersIn(answer)['content-type']).toBe('text/plain; charset=utf-8');
  expect(headersIn(answer)['retry-after']).toBe('7');
  expect('www-authenticate' in headersIn(answer)).toBe(status === 401);
  expect(JSON.stringify(answer)).not.toContain('the reason');
  expect(booted.log()).toContain('"way":"grpc"');
});

test('answers a bug with 503 and no word about it', async () => {
  const { check } = await start({
    issuer: () => {
      throw new Error('a bug with app-secret in it');
    },
  });
  const answer = await check(rawHeaders({ headers: CREDENTIALS }));
  expect(answer.denied_response).toMatchObject({ status: { code: 503 }, body: 'internal error\n' });
});

test.each([{}, { attributes: {} }, { attributes: { request: {} } }])(
  'refuses what is no HTTP request: %j',
  async (message) => {
    const { check } = await start({ environment: { STATIC_CLIENT_ID: 'a', STATIC_CLIENT_SECRET: 'b' } });
    const answer = await check(message);
    expect(answer.status.code).toBe(3);
    expect(answer.denied_response?.status.code).toBe(400);
    expect(booted.tokenRequests).toEqual([]);
  },
);

test('refuses a message that is larger than any Envoy is told to send', async () => {
  const { check } = await start();
  const message = joinedHeaders({ headers: { ...CREDENTIALS, 'x-padding': 'x'.repeat(1_310_720) } });
  await expect(check(message)).rejects.toMatchObject({ code: 8 });
  expect(booted.tokenRequests).toEqual([]);
});

test('counts its decisions', async () => {
  const { check } = await start();
  await check(rawHeaders({ headers: CREDENTIALS }));
  const metrics = (await booted.admin?.inject({ url: '/metrics' }))?.body;
  expect(metrics).toContain('token_broker_decisions_total{way="grpc",outcome="allow",code=""} 1');
});
