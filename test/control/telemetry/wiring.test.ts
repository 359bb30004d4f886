import { expect, test } from 'vitest';
import { NO_TRACING, type TraceContext, type Tracing } from '../../../control/decide/tracing.ts';
import { boot, CREDENTIALS, routeReference } from '../boot.ts';
import { CALLER } from './tracing.ts';

/** Tracing that only remembers what it was told. */
function spy() {
  const told: string[] = [];
  const callers: TraceContext[] = [];
  const tracing: Tracing = {
    ...NO_TRACING,
    decision: (way, caller, task) => {
      told.push(way);
      callers.push(caller);
      return task();
    },
    lookedUp: (lookup) => told.push(lookup),
    decided: ({ outcome }, route) => told.push(`${outcome} ${route}`),
    behind: (task) => {
      told.push('behind');
      return task();
    },
  };
  return { tracing, told, callers };
}

test('a decision is told in the order in which it is made, and a refresh behind it is no part of it', async () => {
  const { tracing, told } = spy();
  const app = boot({ tracing });
  const check = () => app.check?.inject({ url: '/check', headers: CREDENTIALS });
  await check();
  await check();
  app.clock.advance(260_000);
  await check();
  await app.check?.inject({ url: '/check' });
  expect(told.join(', ')).toBe(
    [
      'check, miss, allow default',
      'check, hit, allow default',
      'check, refresh, behind, allow default',
      'check, deny default',
    ].join(', '),
  );
});

test('a refresh that the filter waits for is a part of the decision', async () => {
  const { tracing, told } = spy();
  const app = boot({ tracing });
  const headers = {
    'x-broker-route': await routeReference(app),
    'x-broker-key-x-client-id': 'app',
    'x-broker-key-x-client-secret': 'secret',
  };
  const decide = (more: object = {}) =>
    app.filter?.inject({ method: 'POST', url: '/v1/decide', headers: { ...headers, ...more } });
  const digest = (await decide())?.headers['x-broker-token-digest'];
  app.clock.advance(260_000);
  await decide({ 'x-broker-held': digest });
  expect(told.join(', ')).toBe('filter, miss, allow default, filter, refresh, allow default');
});

test.each<readonly [string, Record<string, string | string[]>, TraceContext]>([
  ['both headers', { traceparent: CALLER.traceparent, tracestate: 'a=1' }, { tracestate: 'a=1' }],
  ['no tracestate', { traceparent: CALLER.traceparent }, { tracestate: undefined }],
  ['a long tracestate', { traceparent: CALLER.traceparent, tracestate: 'a'.repeat(513) }, { tracestate: undefined }],
])('the trace context is read: %s', async (_what, headers, expected) => {
  const { tracing, callers } = spy();
  await boot({ tracing }).check?.inject({ url: '/check', headers });
  expect(callers).toEqual([{ traceparent: CALLER.traceparent, ...expected }]);
});

test('baggage is read, with or without a trace, unless it is too long', async () => {
  const { tracing, callers } = spy();
  const app = boot({ tracing });
  for (const baggage of ['user=1,tenant=a', 'a'.repeat(8193)]) {
    await app.check?.inject({ url: '/check', headers: { baggage } });
    await app.check?.inject({ url: '/check', headers: { baggage, traceparent: CALLER.traceparent } });
  }
  const { traceparent } = CALLER;
  expect(callers).toEqual([
    { baggage: 'user=1,tenant=a' },
    { traceparent, baggage: 'user=1,tenant=a' },
    {},
    { traceparent },
  ]);
});

test('a tracestate alone is no trace, nor are two traceparents', async () => {
  const { tracing, callers } = spy();
  const app = boot({ tracing });
  await app.check?.inject({ url: '/check', headers: { tracestate: 'a=1' } });
  await app.check?.inject({ url: '/check', headers: { traceparent: [CALLER.traceparent, CALLER.traceparent] } });
  expect(callers).toEqual([{}, {}]);
});
