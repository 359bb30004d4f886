import { expect, test } from 'vitest';
import { boot, routeReference } from '../control/boot.ts';
import { connectGrpc } from '../control/server/grpc/connect.ts';
import { headersIn, rawHeaders } from '../support/check-client.ts';
import type { Situation } from './case.ts';
import { CONTRACT_CASES } from './cases.ts';
import { issuerAnswer } from './situation.ts';

const CLIENT_HEADERS = ['content-type', 'www-authenticate', 'retry-after'];

/** What Envoy makes of an answer, whichever way it asked. */
interface Effect {
  /** 200 where the request goes on, otherwise what the client gets. */
  readonly status: number;
  readonly body: string;
  /** Headers that the backend gets, or the client with a refusal. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Situations of the filter's contract that are about a decision, not about the filter's own words. */
const situations = CONTRACT_CASES.flatMap(({ name, situation }) =>
  situation === undefined || situation.route !== undefined ? [] : [{ name, situation }],
);

const bootFor = (situation: Situation) =>
  boot({
    environment: { ...situation.environment, GRPC_LISTEN_ADDR: '127.0.0.1:0' },
    issuer: () => issuerAnswer(situation),
  });

const pick = (headers: object, wanted: (name: string) => string | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const picked = wanted(name);
      return picked === undefined ? [] : [[picked, String(value)]];
    }),
  );

const ofClient = (name: string) => (CLIENT_HEADERS.includes(name) ? name : undefined);

async function askAsFilter(situation: Situation): Promise<Effect> {
  const booted = bootFor(situation);
  const inputs = Object.entries(situation.inputs ?? {}).map(([name, value]) => [`x-broker-key-${name}`, value]);
  const answer = await booted.filter?.inject({
    ...({ method: 'POST', url: '/v1/decide' } as const),
    headers: { 'x-broker-route': await routeReference(booted), ...Object.fromEntries(inputs) },
  });
  await booted.close();
  const { statusCode: status = 0, body = '', headers = {} } = answer ?? {};
  const injected = (name: string) => /^x-inject-(.+)$/.exec(name)?.[1];
  return { status, body, headers: pick(headers, status === 200 ? injected : ofClient) };
}

async function askOverHttp(situation: Situation): Promise<Effect> {
  const booted = bootFor(situation);
  const answer = await booted.check?.inject({ url: '/check/orders', headers: headersOf(situation) });
  await booted.close();
  const { statusCode: status = 0, body = '', headers = {} } = answer ?? {};
  const forBackend = (name: string) => (isTokenHeader(name) ? name : undefined);
  return { status, body, headers: pick(headers, status === 200 ? forBackend : ofClient) };
}

async function askOverGrpc(situation: Situation): Promise<Effect> {
  const booted = bootFor(situation);
  const client = await connectGrpc(booted);
  const answer = await client.check(rawHeaders({ path: '/orders', headers: headersOf(situation) }));
  client.close();
  await booted.close();
  const { denied_response: denied } = answer;
  expect(denied === undefined).toBe(answer.status.code === 0);
  return { status: denied?.status.code ?? 200, body: denied?.body ?? '', headers: headersIn(answer) };
}

function headersOf({ inputs = {} }: Situation) {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, [value].flat()]));
}

/** Besides them an answer of /check has headers of its own, which Envoy drops. */
function isTokenHeader(name: string): boolean {
  return ['authorization', 'x-id-token', 'x-level'].includes(name);
}

test.each(situations)('the filter, /check and gRPC get one decision: $name', async ({ situation }) => {
  const expected = await askAsFilter(situation);
  expect(await askOverHttp(situation)).toEqual(expected);
  expect(await askOverGrpc(situation)).toEqual(expected);
});

test('both outcomes are among them', async () => {
  const statuses = await Promise.all(situations.map(async ({ situation }) => (await askAsFilter(situation)).status));
  expect(new Set(statuses)).toEqual(new Set([200, 400, 401, 502, 503]));
});
