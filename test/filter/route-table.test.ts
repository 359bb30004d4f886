import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encodeTable, revisionOf, type TestRoute } from '../host/table.ts';
import { authorizationOf, CREDENTIALS, ROUTE, referenceOf, value, Worker } from '../host/worker.ts';

const CHANGED: TestRoute = { ...ROUTE, version: '2' };

describe('before the first table', () => {
  test('requests wait for it and are then decided', () => {
    const worker = new Worker({ withTable: false });
    const stream = worker.request();
    expect(stream.outcome).toBe('paused');
    expect(worker.host.callouts('/v1/decide')).toEqual([]);
    worker.deliverTable();
    worker.allow('t-1');
    expect(authorizationOf(stream)).toBe('Bearer t-1');
  });

  test('they wait no longer than the timeout, then get 503', () => {
    const worker = new Worker({ withTable: false, configuration: { timeoutMilliseconds: 1000 } });
    const stream = worker.request();
    worker.pass(900);
    expect(stream.outcome).toBe('paused');
    worker.pass(200);
    expect(stream.response?.status).toBe(503);
    expect(value(stream.response?.headers ?? [], 'retry-after')).toBe('1');
  });

  test('no more than the maximum wait', () => {
    const worker = new Worker({ withTable: false, configuration: { maximumWaiters: 1 } });
    worker.request();
    expect(worker.request().response?.status).toBe(503);
  });

  test('one who leaves is forgotten', () => {
    const worker = new Worker({ withTable: false });
    const gone = worker.request();
    const stays = worker.request();
    worker.host.end(gone);
    worker.deliverTable();
    worker.allow('t-1');
    expect(stays.outcome).toBe('forwarded');
  });

  test('a control that is down is asked again, ever more slowly, and told about once', () => {
    const worker = new Worker({ withTable: false });
    const asked: number[] = [];
    for (let step = 0; step < 200; step++) {
      worker.pass(100);
      for (const callout of worker.host.callouts('/v1/routes')) {
        asked.push(step);
        worker.host.answer(callout, undefined);
      }
    }
    expect(asked.length).toBeGreaterThan(4);
    expect(asked.length).toBeLessThan(15);
    expect(worker.host.state.logs.filter((line) => line.text.includes('no route table'))).toHaveLength(1);
    worker.deliverTable();
    worker.request();
    expect(worker.host.callouts('/v1/decide')).toHaveLength(1);
  });
});

describe('a table in force', () => {
  test('is polled with its revision, and 304 keeps it', () => {
    const worker = new Worker();
    worker.request();
    worker.allow('t-1');
    worker.pass(2100);
    const [poll] = worker.host.callouts('/v1/routes');
    expect(value(poll?.headers ?? [], 'if-none-match')).toBe(`"${revisionOf([ROUTE])}"`);
    worker.host.answer(poll as NonNullable<typeof poll>, [[':status', '304']]);
    expect(worker.request().outcome).toBe('forwarded');
    expect(worker.metric('table_refreshes.outcome.unchanged')).toBe(1);
  });

  test('gives way to a newer one, and decisions of a route that changed go with it', () => {
    const worker = new Worker();
    worker.request();
    worker.allow('t-1');
    worker.deliverTable([CHANGED]);
    const stream = worker.request();
    expect(stream.outcome).toBe('paused');
    expect(value(worker.decision().headers, 'x-broker-route')).toBe(referenceOf(CHANGED));
  });

  test('keeps the decisions of routes that did not change', () => {
    const other: TestRoute = { id: 'other', pathPrefix: '/other', kind: 'pass' };
    const worker = new Worker();
    worker.request();
    worker.allow('t-1');
    worker.deliverTable([ROUTE, other]);
    expect(authorizationOf(worker.request())).toBe('Bearer t-1');
  });

  test('is fetched at once when an answer carries another revision', () => {
    const worker = new Worker();
    worker.request();
    const callout = worker.decision();
    const answer = worker
      .decided(callout.headers, 200, 'allow')
      .map(([name, text]): [string, string] => [name, name === 'x-broker-revision' ? revisionOf([CHANGED]) : text]);
    worker.host.answer(callout, answer);
    worker.pass(300);
    expect(worker.host.callouts('/v1/routes')).toHaveLength(1);
  });

  test('that changes while a request waits is what the request is decided by', () => {
    const worker = new Worker();
    const stream = worker.request();
    const former = worker.decision();
    worker.deliverTable([CHANGED]);
    worker.host.answer(former, [
      ...worker.decided(former.headers, 200, 'allow'),
      ['x-inject-authorization', 'Bearer old'],
    ]);
    expect(stream.outcome).toBe('paused');
    expect(value(worker.decision().headers, 'x-broker-route')).toBe(referenceOf(CHANGED));
    worker.allow('new');
    expect(authorizationOf(stream)).toBe('Bearer new');
  });
});

describe('a route that control does not hold', () => {
  const unknown = (worker: Worker) => {
    const callout = worker.decision();
    worker.host.answer(callout, worker.decided(callout.headers, 409, 'unknown-route'));
  };

  test('makes the filter fetch the table once and match the request anew', () => {
    const worker = new Worker();
    const stream = worker.request();
    unknown(worker);
    expect(stream.outcome).toBe('paused');
    worker.deliverTable([CHANGED]);
    expect(value(worker.decision().headers, 'x-broker-route')).toBe(referenceOf(CHANGED));
    worker.allow('t-1');
    expect(authorizationOf(stream)).toBe('Bearer t-1');
  });

  test('is a failed callout the second time', () => {
    const worker = new Worker();
    const stream = worker.request();
    unknown(worker);
    worker.deliverTable();
    unknown(worker);
    expect(stream.response?.status).toBe(503);
    expect(worker.metric('callout_failures.cause.unknown_route')).toBe(1);
  });
});

describe('a malformed table', () => {
  const good = encodeTable([ROUTE, { id: 'b', host: '*.example.com', pathPrefix: '/b', kind: 'deny', denyBody: 'no' }]);
  const sealed = (bytes: Buffer) => {
    const document = Buffer.from(bytes.subarray(0, bytes.length - 32));
    if (document.length >= 8) document.writeUInt32LE(document.length + 32, 4);
    return Buffer.concat([document, createHash('sha256').update(document).digest()]);
  };
  const refused = (worker: Worker, table: Buffer) => {
    worker.pass(5000);
    const [poll] = worker.host.callouts('/v1/routes');
    worker.host.answer(poll as NonNullable<typeof poll>, [[':status', '200']], table);
  };

  test('leaves the last good one in force', () => {
    const worker = new Worker();
    worker.request();
    worker.allow('t-1');
    refused(worker, Buffer.from('nonsense'));
    expect(worker.request().outcome).toBe('forwarded');
    expect(worker.metric('table_refreshes.outcome.malformed')).toBe(1);
  });

  test('is refused at every length it can be cut to, sealed or not', () => {
    const worker = new Worker();
    let lengths = 0;
    for (let length = 0; length < good.length; length++) {
      refused(worker, good.subarray(0, length));
      if (length >= 8 && length < good.length - 32) {
        refused(worker, sealed(Buffer.concat([good.subarray(0, length), Buffer.alloc(32)])));
        lengths++;
      }
      lengths++;
    }
    expect(worker.metric('table_refreshes.outcome.malformed')).toBe(lengths);
  });

  test('is one of more than 8 MiB; with exactly as many it is taken', () => {
    const worker = new Worker();
    const deny = (id: number, length: number): TestRoute => ({
      id: `r${id}`,
      kind: 'deny',
      denyBody: 'x'.repeat(length),
    });
    const routes = Array.from({ length: 1000 }, (_, id) => deny(id, 8000));
    const room = 8 * 1024 * 1024 - encodeTable([...routes, deny(1000, 0)]).length;
    refused(worker, encodeTable([...routes, deny(1000, room + 1)]));
    expect(worker.metric('table_refreshes.outcome.malformed')).toBe(1);
    refused(worker, encodeTable([...routes, deny(1000, room)]));
    expect(worker.metric('table_refreshes.outcome.malformed')).toBe(1);
    expect(worker.request().response?.status).toBe(403);
  });

  test('is survived whichever four bytes lie, with a sound checksum', () => {
    const worker = new Worker();
    for (let at = 8; at < good.length - 36; at++) {
      const lying = Buffer.from(good);
      lying.writeUInt32LE(0xfffffff0, at);
      refused(worker, sealed(lying));
    }
    // Whatever was refused or taken, the worker still answers.
    worker.deliverTable([ROUTE]);
    worker.request();
    expect(worker.host.callouts('/v1/decide')).toHaveLength(1);
  });
});

test('credentials of a request are stripped although no secret is needed', () => {
  const worker = new Worker({ routes: [{ id: 'open', kind: 'pass', strip: ['x-client-secret'] }] });
  const stream = worker.request(CREDENTIALS);
  expect(stream.outcome).toBe('forwarded');
  expect(value(stream.requestHeaders, 'x-client-secret')).toBeUndefined();
  expect(value(stream.requestHeaders, 'x-client-id')).toBe('orders');
});
