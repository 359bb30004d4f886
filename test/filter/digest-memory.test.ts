import { describe, expect, test } from 'vitest';
import { authorizationOf, type Headers, ROUTE, Worker } from '../host/worker.ts';

/** Inputs that a careless comparison would take for each other. */
const ALIKE: Headers[] = [
  ...[16, 64, 1024].flatMap((length): Headers[] => [
    [
      ['x-client-id', 'orders'],
      ['x-client-secret', 's'.repeat(length)],
    ],
    [
      ['x-client-id', 'orders'],
      ['x-client-secret', `${'s'.repeat(length - 1)}t`],
    ],
    [
      ['x-client-id', 'orders'],
      ['x-client-secret', `t${'s'.repeat(length - 1)}`],
    ],
    [
      ['x-client-id', 'orders'],
      ['x-client-secret', 's'.repeat(length - 1)],
    ],
    [
      ['x-client-id', 'orderss'],
      ['x-client-secret', 's'.repeat(length - 1)],
    ],
  ]),
  // Longer than what is remembered.
  [
    ['x-client-id', 'orders'],
    ['x-client-secret', 's'.repeat(4096)],
  ],
  [
    ['x-client-id', 'orders'],
    ['x-client-secret', `${'s'.repeat(4095)}t`],
  ],
  [['x-client-id', 'orders']],
  [
    ['x-client-id', 'orders'],
    ['x-client-secret', ''],
  ],
  [
    ['x-client-id', 'orders'],
    ['x-scope', ''],
  ],
  [
    ['x-client-id', 'orders'],
    ['x-scope', 's'],
  ],
  [['x-client-secret', 'orders']],
  [['x-scope', 'orders']],
];

function served(worker: Worker, headers: Headers): string | undefined {
  const stream = worker.request(headers);
  worker.host.respond(stream, 200);
  worker.host.end(stream);
  return authorizationOf(stream);
}

describe('inputs that come again', () => {
  // With few slots nearly all of them share one with others; the cache that all workers share holds every entry.
  for (const workerEntries of [16, 1024]) {
    test(`lead to the token that was decided for just these, with ${workerEntries} entries`, () => {
      const worker = new Worker({ configuration: { workerEntries } });
      ALIKE.forEach((headers, index) => {
        expect(worker.request(headers).outcome).toBe('paused');
        worker.allow(`t-${index}`);
      });
      for (let round = 0; round < 3; round++) {
        ALIKE.forEach((headers, index) => {
          expect(served(worker, headers)).toBe(`Bearer t-${index}`);
          expect(served(worker, headers)).toBe(`Bearer t-${index}`);
        });
      }
      expect(worker.metric('misses')).toBe(ALIKE.length);
    });
  }

  test('lead to another decision where another route matches, and under another table', () => {
    const route = (version: string) => ({ ...ROUTE, version });
    const elsewhere = { ...ROUTE, id: 'elsewhere', host: 'b.example' };
    const worker = new Worker({ routes: [route('1'), elsewhere] });
    const headers: Headers = [['x-client-id', 'orders']];
    worker.request(headers);
    worker.allow('t-1');
    expect(served(worker, headers)).toBe('Bearer t-1');
    expect(worker.request(headers, { authority: 'b.example' }).outcome).toBe('paused');
    worker.allow('t-2');
    expect(served(worker, headers)).toBe('Bearer t-1');

    worker.pass(2000);
    worker.deliverTable([route('2'), elsewhere]);
    expect(worker.request(headers).outcome).toBe('paused');
    worker.allow('t-3');
    expect(served(worker, headers)).toBe('Bearer t-3');
  });
});
