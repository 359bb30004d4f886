import { expect, test } from 'vitest';
import { boot, routeReference } from '../control/boot.ts';
import { headersFor, REVISION } from './case.ts';
import { CONTRACT_CASES } from './cases.ts';
import { issuerAnswer } from './situation.ts';

/** Headers that mean something to the filter or to the client behind it. */
const MEANT = /^(x-broker-|x-inject-|token-broker-|www-authenticate$|retry-after$|content-type$|cache-control$)/;

const reachable = CONTRACT_CASES.flatMap(({ name, answer, situation }) =>
  situation === undefined ? [] : [{ name, answer, situation }],
);

test.each(reachable)('control gives this answer: $name', async ({ answer, situation }) => {
  const booted = boot({ environment: situation.environment ?? {}, issuer: () => issuerAnswer(situation) });
  const route = situation.route ?? (await routeReference(booted));
  const inputs = Object.entries(situation.inputs ?? {}).map(([name, value]) => [`x-broker-key-${name}`, value]);
  const given = await booted.filter?.inject({
    method: 'POST',
    url: '/v1/decide',
    headers: { 'x-broker-route': route, ...Object.fromEntries(inputs) },
  });
  await booted.close();
  const headers = Object.entries(given?.headers ?? {})
    .filter(([name]) => MEANT.test(name))
    .map(([name, value]): [string, string] => [name, name === 'x-broker-revision' ? REVISION : String(value)]);
  const sorted = (list: [string, string][]) => list.sort(([a], [b]) => (a < b ? -1 : 1));
  expect({ status: given?.statusCode, headers: sorted(headers), body: given?.body }).toEqual({
    status: answer.status,
    headers: sorted(headersFor(answer, route)),
    body: answer.body,
  });
});

test('every outcome has answers, and each name is used once', () => {
  const kinds = new Set(CONTRACT_CASES.map(({ outcome }) => outcome.kind));
  expect(kinds).toEqual(new Set(['allow', 'deny', 'unknown-route', 'failed']));
  expect(new Set(CONTRACT_CASES.map(({ name }) => name)).size).toBe(CONTRACT_CASES.length);
});
