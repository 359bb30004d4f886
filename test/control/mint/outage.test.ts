import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BreakerState } from '../../../control/mint/budget/circuit-breaker.ts';
import { answer, answerToken, type IssuerStub, startIssuerStub } from '../../support/issuer-stub.ts';
import { type ClosableMinter, issuerAt, minterFor, refusalOf, tokenRequest } from './minting.ts';

const BREAKER_OPEN = 200;

let stub: IssuerStub;
let minter: ClosableMinter;
let changes: BreakerState[];

beforeEach(async () => {
  stub = await startIssuerStub();
  changes = [];
  const budget = { concurrency: 4, rate: 1000, burst: 1000, breakerFailures: 3, breakerOpen: BREAKER_OPEN };
  minter = minterFor(issuerAt(stub.tokenEndpoint, { budget }), {
    observer: { breakerChanged: (_issuer, _standing, state) => changes.push(state) },
    random: () => 0,
  });
});

afterEach(async () => {
  await stub.close();
  await minter.close();
});

const pause = () => new Promise((resolve) => setTimeout(resolve, BREAKER_OPEN + 20));

test('an issuer in trouble is left alone, and asked again when the time has come', async () => {
  stub.respondWith(answer('', 500));
  for (let count = 0; count < 10; count += 1) await refusalOf(minter.mint(tokenRequest()));
  expect(stub.requests.length).toBe(3);
  expect(await refusalOf(minter.mint(tokenRequest()))).toMatchObject({ code: 'issuer_unavailable', retryAfter: 1 });

  stub.respondWith(answerToken());
  await pause();
  await minter.mint(tokenRequest());
  await Promise.all(Array.from({ length: 20 }, () => minter.mint(tokenRequest())));
  expect(changes).toEqual(['open', 'half-open', 'closed']);
});

test('wrong secrets open no breaker', async () => {
  stub.respondWith(answer('{"error":"invalid_client"}', 401));
  for (let count = 0; count < 20; count += 1) await refusalOf(minter.mint(tokenRequest('client', `guess ${count}`)));
  expect(changes).toEqual([]);
  expect(stub.requests.length).toBe(20);
});

test('a flood of wrong secrets at a slow issuer does not delay a working client', async () => {
  await minter.mint(tokenRequest('working', 'right'));
  stub.respondWith((response, request) => {
    const [status, delay] = request.headers.authorization === basic('working', 'right') ? [200, 0] : [401, 150];
    setTimeout(() => (status === 200 ? answerToken() : answer('', status))(response, request), delay);
  });
  const order: string[] = [];
  const flood = Array.from({ length: 100 }, async (_, index) => {
    const { code } = await refusalOf(minter.mint(tokenRequest(`attacker ${index}`, 'guess')));
    if (code === 'credentials_rejected') order.push(code);
    return code;
  });
  await minter.mint(tokenRequest('working', 'right'));
  order.push('working');
  const outcomes = await Promise.all(flood);
  expect(order.indexOf('working')).toBe(0);
  expect(new Set(outcomes)).toEqual(new Set(['credentials_rejected', 'issuer_busy']));
});

test('an issuer may be reached by another fetch', async () => {
  const seen: string[] = [];
  const other = minterFor(issuerAt('https://issuer.example/token'), {
    fetch: async (url, { method, redirect }) => {
      seen.push(`${method} ${url} ${redirect}`);
      return Response.json({ access_token: 'abc' });
    },
  });
  expect((await other.mint(tokenRequest())).accessToken.reveal()).toBe('abc');
  expect(seen).toEqual(['POST https://issuer.example/token manual']);
  await other.close();
});

function basic(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
}
