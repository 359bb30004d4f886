import { afterEach, describe, expect, test } from 'vitest';
import { CheckClient, rawHeaders } from '../../support/check-client.ts';
import { type Booted, boot } from '../boot.ts';
import { exchangeConfiguration, exchangeFile } from '../exchange-mode.ts';
import { listenGrpc } from './grpc/connect.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const PREFLIGHT = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };

function start(policy: object = {}): Booted {
  const file = JSON.parse(
    exchangeFile({}, { listeners: { check: { address: ':1' }, grpc: { address: '127.0.0.1:1' } } }),
  );
  const booted = boot({
    configuration: exchangeConfiguration(JSON.stringify({ ...file, policy: { ...file.policy, ...policy } })),
  });
  open.push(booted);
  return booted;
}

/** The status by both ways of ext_authz, which must agree. */
async function statusOf(booted: Booted, headers: Record<string, string>, method = 'OPTIONS'): Promise<number> {
  const answer = await booted.check?.inject({ method: method as 'OPTIONS', url: '/check/orders', headers });
  const client = new CheckClient(await listenGrpc(booted));
  open.push(client);
  const checked = await client.check(rawHeaders({ method, path: '/orders', headers }));
  expect(checked.denied_response?.status.code ?? 200).toBe(answer?.statusCode);
  return answer?.statusCode ?? 0;
}

describe('an OPTIONS request to an entry that exchanges', () => {
  test.each<[string, Record<string, string>, object, number]>([
    ['a preflight', PREFLIGHT, {}, 200],
    ['a preflight with a bearer token', { ...PREFLIGHT, authorization: 'Bearer x' }, {}, 200],
    ['no preflight', {}, {}, 401],
    ['one without an origin', { 'access-control-request-method': 'POST' }, {}, 401],
    ['no preflight, where all pass', {}, { unauthenticatedOptions: 'pass' }, 200],
    ['a preflight, where it is decided', PREFLIGHT, { unauthenticatedOptions: 'decide' }, 401],
  ])('%s', async (_name, headers, policy, status) => {
    const booted = start(policy);
    expect(await statusOf(booted, headers)).toBe(status);
    // Only a request that shows a token has one exchanged.
    expect(booted.tokenRequests.length > 0).toBe('authorization' in headers);
  });

  test('of another method is no preflight', async () => {
    expect(await statusOf(start(), PREFLIGHT, 'POST')).toBe(401);
  });
});

test('a preflight that no entry matches gets what policy says of the unmatched', async () => {
  const elsewhere = { match: { host: 'elsewhere.example' }, action: 'deny' };
  const entries = [{ id: 'elsewhere', ...elsewhere }];
  expect(await statusOf(start({ entries, unmatched: 'deny' }), PREFLIGHT)).toBe(403);
  expect(await statusOf(start({ entries, unmatched: 'pass' }), PREFLIGHT)).toBe(200);
});
