import { describe, expect, test } from 'vitest';
import { continueContext } from '../../../control/decide/continue-context.ts';
import { NO_TRACING, type TraceContext } from '../../../control/decide/tracing.ts';

const REQUEST = { issuer: 'dex', grant: 'client_credentials', endpoint: new URL('https://issuer.example/token') };
const TRACE = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=1',
};
const ALL = { ...TRACE, baggage: 'tenant=a' };
const BOTH = { traceContext: true, baggage: true };

/** The headers of a token request that a decision causes, at once or behind it. */
async function sent(caller: TraceContext, propagation = BOTH, isBehind = false) {
  const tracing = continueContext(NO_TRACING, propagation);
  let headers = {};
  const ask = async () => {
    await Promise.resolve();
    await tracing.tokenRequest(REQUEST, async (given) => {
      headers = given;
      return { status: 200 };
    });
  };
  await tracing.decision('check', caller, () => (isBehind ? tracing.behind(ask) : ask()));
  return headers;
}

describe('a token request carries', () => {
  test.each([
    [BOTH, ALL],
    [{ traceContext: true, baggage: false }, TRACE],
    [{ traceContext: false, baggage: true }, { baggage: 'tenant=a' }],
    [{ traceContext: false, baggage: false }, {}],
  ])('with %j %j', async (propagation, expected) => {
    expect(await sent(ALL, propagation)).toEqual(expected);
  });

  test.each<TraceContext>([
    {},
    { traceparent: '' },
    { ...TRACE, traceparent: `ff${TRACE.traceparent.slice(2)}` },
    { ...TRACE, traceparent: `${TRACE.traceparent}\r\nevil: 1` },
    { ...TRACE, traceparent: '00-00000000000000000000000000000000-b7ad6b7169203331-01' },
    { ...TRACE, traceparent: '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01' },
    { baggage: 'tenant=a\r\nevil: 1' },
    { baggage: 'tenant=\u00e9' },
  ])('nothing of %j', async (caller) => {
    expect(await sent(caller)).toEqual({});
  });

  test('no tracestate that cannot be sent', async () => {
    const { traceparent } = TRACE;
    expect(await sent({ traceparent, tracestate: 'a=\n' })).toEqual({ traceparent });
  });

  test('nothing behind the request, which may have ended', async () => {
    expect(await sent(ALL, BOTH, true)).toEqual({});
  });

  test('what its own request brought, while others are under way', async () => {
    const headers = await Promise.all(['a', 'b', 'c'].map((tenant) => sent({ baggage: tenant })));
    expect(headers).toEqual([{ baggage: 'a' }, { baggage: 'b' }, { baggage: 'c' }]);
  });
});

test('what tracing sends of itself wins', async () => {
  const own = { traceparent: TRACE.traceparent.replace('b7ad6b7169203331', '00f067aa0ba902b7') };
  const tracing = continueContext({ ...NO_TRACING, tokenRequest: (_request, send) => send(own) }, BOTH);
  const answer = await tracing.decision('check', ALL, () =>
    tracing.tokenRequest(REQUEST, async (headers) => ({ status: 200, headers })),
  );
  expect(answer.headers).toEqual({ ...ALL, ...own });
});
