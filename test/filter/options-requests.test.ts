import { describe, expect, test } from 'vitest';
import type { TestRoute } from '../host/table.ts';
import { type Headers, value, Worker } from '../host/worker.ts';

const route = (options: TestRoute['options']): TestRoute => ({
  id: 'orders',
  options: options ?? 'decided',
  challenge: 'Bearer realm="orders"',
  inputs: [
    { name: 'authorization', maximumBytes: 64, refusalStatus: 401, refusalBody: '{"error":"too_long"}' },
    { source: 'cookie', name: 'session' },
    { source: 'claim', name: 'jwt.sub' },
  ],
  strip: ['authorization', 'x-internal'],
});
const PREFLIGHT: Headers = [
  ['origin', 'https://shop.example'],
  ['access-control-request-method', 'POST'],
];
const CLAIMS = { 'metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0jwt\0sub': Buffer.from('alice') };

function outcomeOf(options: TestRoute['options'], headers: Headers, method = 'OPTIONS', properties = {}): string {
  return new Worker({ routes: [route(options)] }).request(headers, { method, properties }).outcome;
}

describe('an OPTIONS request without credentials', () => {
  test.each<[string, TestRoute['options'], Headers, string]>([
    ['a preflight where preflights pass', 'preflight', PREFLIGHT, 'forwarded'],
    ['a preflight where all pass', 'pass', PREFLIGHT, 'forwarded'],
    ['a preflight where it is decided', 'decided', PREFLIGHT, 'paused'],
    ['no preflight where all pass', 'pass', [], 'forwarded'],
    ['no preflight where preflights pass', 'preflight', [], 'paused'],
    ['one without an origin', 'preflight', PREFLIGHT.slice(1), 'paused'],
    ['one without a method', 'preflight', PREFLIGHT.slice(0, 1), 'paused'],
  ])('%s', (_name, options, headers, expected) => {
    expect(outcomeOf(options, headers)).toBe(expected);
  });

  test.each<[string, Headers, string]>([
    ['with a bearer token', [...PREFLIGHT, ['authorization', 'Bearer x']], 'OPTIONS'],
    ['with a session', [...PREFLIGHT, ['cookie', 'session=x']], 'OPTIONS'],
    ['of another method', PREFLIGHT, 'GET'],
  ])('does not mean one %s', (_name, headers, method) => {
    expect(outcomeOf('pass', headers, method)).toBe('paused');
  });

  test('is one whatever Envoy knows of the client', () => {
    expect(outcomeOf('preflight', PREFLIGHT, 'OPTIONS', CLAIMS)).toBe('forwarded');
  });

  test('goes on without what the route strips, and asks control nothing', () => {
    const worker = new Worker({ routes: [route('preflight')] });
    const stream = worker.request([...PREFLIGHT, ['x-internal', '1']], { method: 'OPTIONS' });
    expect(value(stream.requestHeaders, 'x-internal')).toBeUndefined();
    expect(value(stream.requestHeaders, 'origin')).toBe('https://shop.example');
    expect(worker.host.callouts('/v1/decide')).toEqual([]);
  });
});

describe("refusals from the table have the table's type and the route's challenge", () => {
  const json = { bodyType: 'application/json', unmatchedBody: '{"error":"policy_denied"}' };

  test('where an input is too long', () => {
    const worker = new Worker({ routes: [route('decided')], ...json });
    const { response } = worker.request([['authorization', 'x'.repeat(65)]]);
    expect(response).toMatchObject({ status: 401, body: '{"error":"too_long"}' });
    expect(value(response?.headers ?? [], 'content-type')).toBe('application/json');
    expect(value(response?.headers ?? [], 'www-authenticate')).toBe('Bearer realm="orders"');
  });

  test('where no route matches, and where one denies', () => {
    const denied: TestRoute = { id: 'no', host: 'no.example', kind: 'deny', denyStatus: 403, denyBody: '{"a":1}' };
    const worker = new Worker({ routes: [denied], ...json });
    const unmatched = worker.request([]).response;
    expect(unmatched).toMatchObject({ status: 403, body: json.unmatchedBody });
    const refused = worker.request([], { authority: 'no.example' }).response;
    expect(refused).toMatchObject({ status: 403, body: '{"a":1}' });
    for (const response of [unmatched, refused]) {
      expect(value(response?.headers ?? [], 'content-type')).toBe('application/json');
    }
  });
});
