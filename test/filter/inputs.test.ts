import { describe, expect, test } from 'vitest';
import type { TestRoute } from '../host/table.ts';
import { authorizationOf, type Headers, value, Worker } from '../host/worker.ts';

const COOKIE_ROUTE: TestRoute = {
  id: 'cookie',
  inputs: [{ source: 'cookie', name: '__Host-Session', maximumBytes: 20, refusalStatus: 401, refusalBody: 'no\n' }],
  stripCookies: ['__Host-Session'],
};
const CLAIM_ROUTE: TestRoute = {
  id: 'claim',
  inputs: [{ source: 'claim', name: 'jwt.sub', maximumBytes: 20 }],
};
const PEER_ROUTE: TestRoute = {
  id: 'peer',
  inputs: [
    { source: 'peer', name: 'uri_san_peer_certificate', maximumBytes: 40, refusalStatus: 403, refusalBody: 'no\n' },
  ],
};
const URI_SAN = 'connection\0uri_san_peer_certificate';
const PROPERTY = 'metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0jwt\0sub';

/** What control is told of the inputs. */
function asked(worker: Worker, name: string): string[] {
  return worker.decision().headers.flatMap(([key, text]) => (key === name ? [text] : []));
}

describe('a cookie as a key input', () => {
  test.each<[string, Headers, string[]]>([
    ['alone', [['cookie', '__Host-Session=abc']], ['__Host-Session=abc']],
    ['among others, with "=" in it', [['cookie', 'a=1; __Host-Session=a=b== ;c=2']], ['__Host-Session=a=b==']],
    [
      'in a second field',
      [
        ['cookie', 'a=1'],
        ['cookie', '__Host-Session=abc'],
      ],
      ['__Host-Session=abc'],
    ],
    ['empty', [['cookie', '__Host-Session=']], ['__Host-Session=']],
    ['without "="', [['cookie', '__Host-Session']], ['__Host-Session=']],
    ['absent', [['cookie', 'x__Host-Session=abc; __host-session=abc']], []],
  ])('%s', (_name, headers, expected) => {
    const worker = new Worker({ routes: [COOKIE_ROUTE] });
    worker.request(headers);
    expect(asked(worker, 'x-broker-cookie')).toEqual(expected);
  });

  test('that came twice or is too long is refused as the route says', () => {
    const worker = new Worker({ routes: [COOKIE_ROUTE] });
    const twice = worker.request([['cookie', '__Host-Session=a; __Host-Session=b']]);
    expect(twice.response).toMatchObject({ status: 401, body: 'header sent more than once\n' });
    expect(value(twice.response?.headers ?? [], 'www-authenticate')).toBeDefined();
    expect(worker.request([['cookie', `__Host-Session=${'a'.repeat(21)}`]]).response?.status).toBe(401);
  });

  test('decides by its own value, whatever other cookies there are', () => {
    const worker = new Worker({ routes: [COOKIE_ROUTE] });
    worker.request([['cookie', 'tracking=1; __Host-Session=abc']]);
    worker.allow('t-1');
    expect(authorizationOf(worker.request([['cookie', '__Host-Session=abc; tracking=2']]))).toBe('Bearer t-1');
    expect(worker.request([['cookie', '__Host-Session=abd']]).outcome).toBe('paused');
  });
});

describe('a cookie to strip', () => {
  test.each([
    ['a=1; __Host-Session=abc; b="2"', 'a=1; b="2"'],
    ['__Host-Session=abc', undefined],
    ['__Host-Session=abc; __Host-Session', undefined],
    ['a=1;b=2', 'a=1;b=2'],
  ])('%s becomes %s', (before, after) => {
    const worker = new Worker({ routes: [{ ...COOKIE_ROUTE, kind: 'pass', inputs: [] }] });
    const stream = worker.request([['cookie', before]]);
    expect(stream.outcome).toBe('forwarded');
    expect(value(stream.requestHeaders, 'cookie')).toBe(after);
  });

  test('is found in every field, and what is left becomes one', () => {
    const worker = new Worker({ routes: [{ ...COOKIE_ROUTE, kind: 'pass', inputs: [] }] });
    const stream = worker.request([
      ['cookie', 'a=1; __Host-Session=x'],
      ['cookie', '__Host-Session=y; b=2'],
    ]);
    expect(stream.requestHeaders.filter(([name]) => name === 'cookie')).toEqual([['cookie', 'a=1; b=2']]);
  });
});

describe('a claim that jwt_authn verified as a key input', () => {
  test('is told to control and decides', () => {
    const worker = new Worker({ routes: [CLAIM_ROUTE] });
    const alice = { properties: { [PROPERTY]: Buffer.from('alice') } };
    worker.request([], alice);
    expect(asked(worker, 'x-broker-claim')).toEqual(['jwt.sub=alice']);
    worker.allow('t-1');
    expect(authorizationOf(worker.request([], alice))).toBe('Bearer t-1');
    const other = worker.request([], { properties: { [PROPERTY]: Buffer.from('bob') } });
    expect(other.outcome).toBe('paused');
  });

  test('that is not there is an absent input', () => {
    const worker = new Worker({ routes: [CLAIM_ROUTE] });
    worker.request([]);
    expect(asked(worker, 'x-broker-claim')).toEqual([]);
  });

  test('that is a number, and so comes as the bytes of a double, is refused', () => {
    const worker = new Worker({ routes: [CLAIM_ROUTE] });
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(42);
    expect(worker.request([], { properties: { [PROPERTY]: bytes } }).response?.status).toBe(400);
  });
});

test('a state field becomes a property for later filters, on a miss and on a hit, and no header', () => {
  const worker = new Worker();
  const miss = worker.request();
  worker.allow('t-1', 'max-age=60', [['x-broker-state-sub', 'alice']]);
  const hit = worker.request();
  for (const stream of [miss, hit]) {
    expect(stream.outcome).toBe('forwarded');
    expect(stream.properties.get('token_broker.sub')?.toString()).toBe('alice');
    expect(stream.requestHeaders.filter(([name]) => !name.startsWith(':')).map(([name]) => name)).toEqual([
      'authorization',
    ]);
  }
});

describe("the client's certificate as a key input", () => {
  const ask = (worker: Worker, id: string | undefined) =>
    worker.request([['x-broker-peer', 'uri_san_peer_certificate=spiffe://forged']], {
      properties: id === undefined ? {} : { [URI_SAN]: Buffer.from(id) },
    });

  test('decides by what Envoy says of it, and never by what the client says', () => {
    const worker = new Worker({ routes: [PEER_ROUTE] });
    ask(worker, 'spiffe://a/web');
    expect(asked(worker, 'x-broker-peer')).toEqual(['uri_san_peer_certificate=spiffe://a/web']);
    worker.allow('t-1');
    expect(authorizationOf(ask(worker, 'spiffe://a/web'))).toBe('Bearer t-1');
    expect(ask(worker, 'spiffe://a/other').outcome).toBe('paused');
  });

  test.each([
    ['no certificate', undefined],
    ['one without a URI', ''],
  ])('is absent with %s', (_name, id) => {
    const worker = new Worker({ routes: [PEER_ROUTE] });
    ask(worker, id);
    expect(asked(worker, 'x-broker-peer')).toEqual([]);
  });

  test.each([
    ['too long', `spiffe://${'a'.repeat(40)}`],
    ['not printable', 'spiffe://a\nb'],
  ])('is refused where it is %s', (_name, id) => {
    expect(ask(new Worker({ routes: [PEER_ROUTE] }), id).response?.status).toBe(403);
  });
});
