import { describe, expect, test } from 'vitest';
import { SimulatedHost } from '../host/simulated-host.ts';
import { CREDENTIALS, type Headers, ROUTE, Worker } from '../host/worker.ts';

const DIFFERENCES = ['allowed_here', 'refused_here', 'status', 'headers', 'kept'] as const;
const FILE = 'build/filter-shadow.wasm';

function shadow(options: ConstructorParameters<typeof Worker>[0] = {}): Worker {
  return new Worker({ ...options, file: FILE });
}

/** What was counted, as `agreed` or a kind of difference. */
function counted(worker: Worker): Record<string, number> {
  const all = [
    ['agreed', worker.metric('shadow_agreements')],
    ['unknown', worker.metric('shadow_unknown')],
    ...DIFFERENCES.map((kind) => [kind, worker.metric(`shadow_differences.kind.${kind}`)] as const),
  ] as const;
  return Object.fromEntries(all.filter(([, count]) => count > 0));
}

type Stream = ReturnType<Worker['request']>;

/** What the other broker does: lets the request through with these headers besides, and none of the client's credentials; or refuses. */
function conclude(worker: Worker, stream: Stream, outcome: Headers | number): void {
  if (typeof outcome === 'number') worker.host.log(stream, outcome, 'ext_authz_denied');
  else {
    const names = [...CREDENTIALS, ...outcome].map(([name]) => name);
    stream.requestHeaders = [...stream.requestHeaders.filter(([name]) => !names.includes(name)), ...outcome];
    worker.host.log(stream, 200, 'via_upstream');
  }
  worker.host.end(stream);
}

const THEIRS: Headers = [['authorization', 'Bearer theirs']];

describe('in shadow', () => {
  test('a request goes on at once as it came, and control is asked all the same', () => {
    const worker = shadow();
    const stream = worker.request();
    expect(stream.outcome).toBe('forwarded');
    const before = JSON.stringify(stream.requestHeaders);
    worker.allow('ours');
    conclude(worker, stream, THEIRS);
    const hit = worker.request();
    expect(hit.outcome).toBe('forwarded');
    expect(JSON.stringify(hit.requestHeaders)).toBe(before);
    conclude(worker, hit, THEIRS);
    expect(counted(worker)).toEqual({ agreed: 2 });
    expect(worker.metric('hits.layer.worker')).toBe(1);
  });

  test('what control says after the request is done is compared as far as it can be', () => {
    const worker = shadow();
    const refused = () => worker.deny(401, 'no\n', [['token-broker-cache-control', 'no-store']]);
    const run = (theirs: number | Headers, answer: () => void) => {
      conclude(worker, worker.request(), theirs);
      answer();
    };
    run(401, refused);
    run(403, refused);
    run(THEIRS, refused);
    run(THEIRS, () => worker.host.answer(worker.decision(), undefined));
    expect(counted(worker)).toEqual({ agreed: 1, status: 1, refused_here: 2 });
    run(THEIRS, () => worker.allow('ours'));
    expect(counted(worker)).toMatchObject({ unknown: 1 });
    expect(worker.metric('waiting_requests')).toBe(0);
  });

  test.each<[string, number | 'allow', number | Headers, object]>([
    ['both refuse alike', 401, 401, { agreed: 1 }],
    ['both refuse, with other statuses', 401, 403, { status: 1 }],
    ['it refuses what we let through', 'allow', 403, { allowed_here: 1 }],
    ['it lets through what we refuse', 403, THEIRS, { refused_here: 1 }],
    ['it removes it', 'allow', [['authorization', '']], { headers: 1 }],
    ["it leaves the client's own", 'allow', [['authorization', 'Basic own']], { headers: 1 }],
    ['it lets the secret through', 'allow', [...THEIRS, ['x-client-secret', 's']], { kept: 1 }],
  ])('%s', (_case, ours, theirs, expected) => {
    const worker = shadow();
    const stream = worker.request([...CREDENTIALS, ['authorization', 'Basic own']]);
    if (ours === 'allow') worker.allow('ours');
    else worker.deny(ours, 'no\n', [['token-broker-cache-control', 'no-store']]);
    conclude(worker, stream, theirs);
    expect(counted(worker)).toEqual(expected);
  });

  test.each<[string, (worker: Worker) => void]>([
    [
      'a backend that does not answer',
      (worker) => {
        const stream = worker.request();
        worker.allow('ours');
        worker.host.log(stream, 503, 'upstream_reset_before_response_started');
        worker.host.end(stream);
      },
    ],
    [
      'a client that went away',
      (worker) => {
        const stream = worker.request();
        worker.host.log(stream, 0, 'downstream_remote_disconnect');
        worker.host.end(stream);
      },
    ],
    [
      'control that does not know the route',
      (worker) => {
        const stream = worker.request();
        const { headers } = worker.decision();
        worker.host.answer(worker.decision(), [
          ...worker.decided(headers, 409, 'unknown-route'),
          ['token-broker-cache-control', 'no-store'],
        ]);
        conclude(worker, stream, 403);
      },
    ],
  ])('nothing is compared for %s', (_case, run) => {
    const worker = shadow();
    run(worker);
    expect(counted(worker)).toEqual({ unknown: 1 });
    expect(worker.metric('waiting_requests')).toBe(0);
  });

  test('before there is a table requests go on, and nothing is known of them', () => {
    const worker = shadow({ withTable: false });
    const stream = worker.request();
    expect(stream.outcome).toBe('forwarded');
    conclude(worker, stream, 200);
    expect(counted(worker)).toEqual({ unknown: 1 });
  });

  test('control that is down would have meant 503', () => {
    const worker = shadow();
    const stream = worker.request();
    worker.host.answer(worker.decision(), undefined);
    conclude(worker, stream, THEIRS);
    expect(counted(worker)).toEqual({ refused_here: 1 });
    expect(worker.metric('denials.status.503')).toBe(0);
  });

  test('routes without a decision are compared too, and nothing is stripped', () => {
    const worker = shadow({
      routes: [
        { id: 'open', pathPrefix: '/open', kind: 'pass', strip: ['x-client-secret'] },
        { id: 'closed', pathPrefix: '/closed', kind: 'deny', denyStatus: 403, denyBody: 'no\n' },
        { ...ROUTE, pathPrefix: '/orders' },
      ],
      unmatched: 'deny',
    });
    const open = worker.request(CREDENTIALS, { path: '/open' });
    expect(open.requestHeaders).toContainEqual(['x-client-secret', 'orders-secret']);
    conclude(worker, open, []);
    conclude(worker, worker.request(CREDENTIALS, { path: '/closed' }), 403);
    conclude(worker, worker.request(CREDENTIALS, { path: '/else' }), 403);
    conclude(worker, worker.request([...CREDENTIALS, CREDENTIALS[0] as [string, string]]), 400);
    expect(counted(worker)).toEqual({ agreed: 4 });
  });

  test('differences are logged, once in ten seconds, by route and statuses alone', () => {
    const worker = shadow();
    for (let i = 0; i < 3; i++) {
      const stream = worker.request();
      if (i === 0) worker.allow('ours');
      conclude(worker, stream, 403);
    }
    const lines = worker.host.state.logs.map(({ text }) => text).filter((text) => text.includes('in shadow'));
    expect(lines).toEqual([
      'token broker: in shadow: we would have let through, and the request was refused with 403 (route default)',
    ]);
  });
});

test('what needs responses is refused', () => {
  const host = new SimulatedHost({ file: FILE });
  expect(host.configure({ cluster: 'token-broker', replaceOnUnauthorized: true })).toBe(0);
  expect(host.state.logs.at(-1)?.text).toContain('replaceOnUnauthorized: this build does not see responses');
});
