import { createHash } from 'node:crypto';
import { type Headers, type SimulatedClock, SimulatedHost, type SimulatedStream, value } from './simulated-host.ts';
import { encodeTable, referenceOf, revisionOf, type TestRoute } from './table.ts';

export const ROUTE: TestRoute = {
  id: 'default',
  inputs: [
    { name: 'x-client-id', maximumBytes: 256 },
    { name: 'x-client-secret', maximumBytes: 4096 },
    { name: 'x-scope', maximumBytes: 1024 },
  ],
  strip: ['x-client-id', 'x-client-secret', 'x-scope'],
};

/** What the tests' requests carry unless they say otherwise. */
export const CREDENTIALS: Headers = [
  ['x-client-id', 'orders'],
  ['x-client-secret', 'orders-secret'],
];

/** A worker with one configured root and its table, and shortcuts for what tests do all the time. */
export class Worker {
  readonly host: SimulatedHost;
  readonly root: number;
  routes: TestRoute[];
  #options: Parameters<typeof encodeTable>[1];

  constructor(
    options: {
      routes?: TestRoute[];
      unmatched?: 'pass' | 'deny';
      cacheKey?: Buffer;
      unmatchedBody?: string;
      bodyType?: string;
      configuration?: object;
      clock?: SimulatedClock;
      shared?: Map<string, Buffer>;
      vmId?: string;
      file?: string;
      withTable?: boolean;
    } = {},
  ) {
    this.host = new SimulatedHost(options);
    this.routes = options.routes ?? [ROUTE];
    this.#options = options;
    this.root = this.host.configure({ cluster: 'token-broker', ...options.configuration });
    if (this.root === 0) throw new Error(`refused: ${this.host.state.logs.map((line) => line.text).join()}`);
    if (options.withTable ?? true) this.deliverTable();
  }

  /** Ticks until the table is asked for, and answers. */
  deliverTable(routes: TestRoute[] = this.routes): void {
    this.routes = routes;
    for (let step = 0; step < 100 && this.host.callouts('/v1/routes').length === 0; step++) this.pass(100);
    const [callout] = this.host.callouts('/v1/routes');
    if (callout === undefined) throw new Error('no table was asked for');
    this.host.answer(callout, [[':status', '200']], encodeTable(routes, this.#options));
  }

  /** Lets time go by, tick by tick, as Envoy's timer would. */
  pass(milliseconds: number): void {
    for (let gone = 0; gone < milliseconds; gone += 100) {
      this.host.clock.advance(Math.min(100, milliseconds - gone));
      this.host.tick(this.root);
    }
  }

  request(
    headers: Headers = CREDENTIALS,
    line: { path?: string; method?: string; authority?: string; properties?: Record<string, Buffer> } = {},
  ) {
    const request: Headers = [
      [':authority', line.authority ?? 'api.example.com'],
      [':path', line.path ?? '/orders'],
      [':method', line.method ?? 'GET'],
      ...headers.map(([name, text]): [string, string] => [name, text]),
    ];
    return this.host.request(this.root, request, line.properties);
  }

  /** The one decision that is being asked for. */
  decision() {
    const callouts = this.host.callouts('/v1/decide');
    const [callout] = callouts;
    if (callout === undefined || callouts.length !== 1) throw new Error(`${callouts.length} decisions are asked for`);
    return callout;
  }

  /** Answers the one decision that is being asked for with a token. */
  allow(token: string, cacheControl = 'max-age=60, stale-while-revalidate=20, stale-if-error=20', extra: Headers = []) {
    const callout = this.decision();
    this.host.answer(callout, [
      ...this.decided(callout.headers, 200, 'allow'),
      ['x-inject-authorization', `Bearer ${token}`],
      ['x-broker-token-digest', createHash('sha256').update(token).digest('hex')],
      ['token-broker-cache-control', cacheControl],
      ...extra,
    ]);
  }

  deny(status: number, body: string, extra: Headers = []): void {
    const callout = this.decision();
    this.host.answer(callout, [...this.decided(callout.headers, status, 'deny'), ...extra], body);
  }

  /** The headers that every decision has. */
  decided(asked: Headers, status: number, decision: string): Headers {
    return [
      [':status', String(status)],
      ['x-broker-decision', decision],
      ['x-broker-route', value(asked, 'x-broker-route') ?? ''],
      ['x-broker-revision', revisionOf(this.routes)],
    ];
  }

  metric(name: string): number {
    this.host.tick(this.root);
    return this.host.metric(name);
  }
}

/** The value of `authorization` that the backend would see. */
export function authorizationOf(stream: SimulatedStream): string | undefined {
  return value(stream.requestHeaders, 'authorization');
}

export { type Headers, referenceOf, value };
