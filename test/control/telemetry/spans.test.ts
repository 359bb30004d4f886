import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PASS } from '../../../control/decide/decision.ts';
import { refuse } from '../../../control/decide/refuse.ts';
import { BrokerError } from '../../../control/errors.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../../support/otlp/receiver.ts';
import { CALLER, tracingTo } from './tracing.ts';

const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;
const REQUEST = {
  issuer: 'dex',
  grant: 'client_credentials',
  endpoint: new URL('https://user:planted@issuer.example/token'),
};

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(() => receiver.stop());

/** Lets the last spans leave, and finds them by name. */
async function exported(tracing: { close(): Promise<void> }) {
  await tracing.close();
  await receiver.finish();
  return new Map(receiver.spans().map((span) => [span.name, span]));
}

describe('a decision', () => {
  test("is a server's span in the caller's trace, and the token request a client's below it", async () => {
    const { tracing } = await tracingTo(receiver.url);
    const headers = await tracing.decision('filter', CALLER, async () => {
      tracing.lookedUp('miss');
      let sent = {};
      await tracing.tokenRequest(REQUEST, async (given) => {
        sent = given;
        return { status: 200 };
      });
      const asked = { issuer: 'dex', grant: 'client_credentials', clientId: 'planted-client', scope: undefined };
      tracing.decided({ ...PASS, asked }, 'orders');
      expect(tracing.traceId()).toBe(CALLER.traceId);
      return sent;
    });
    const spans = await exported(tracing);
    const [decision, request] = [spans.get('decide'), spans.get('token request')];
    expect(decision).toMatchObject({
      service: 'envoy-token-broker',
      kind: SERVER,
      traceId: CALLER.traceId,
      parentSpanId: CALLER.spanId,
      attributes: {
        'token_broker.way': 'filter',
        'token_broker.decision': 'allow',
        'token_broker.route': 'orders',
        'token_broker.issuer': 'dex',
        'token_broker.cache': 'miss',
      },
    });
    expect(request).toMatchObject({
      kind: CLIENT,
      traceId: CALLER.traceId,
      parentSpanId: decision?.spanId,
      attributes: { 'http.response.status_code': '200', 'token_broker.grant': 'client_credentials' },
    });
    expect(headers).toEqual({ traceparent: `00-${CALLER.traceId}-${request?.spanId}-01` });
    expect(receiver.text()).not.toContain('planted');
  });

  test.each([
    ['issuer_unavailable', 503, ERROR],
    ['policy_denied', 403, 0],
  ] as const)('that ends in %s says so', async (code, status, spanStatus) => {
    const { tracing } = await tracingTo(receiver.url);
    await tracing.decision('check', {}, async () => {
      tracing.decided(
        refuse(new BrokerError(code), { remember: false, format: 'plain', clientId: 'planted-client' }),
        'orders',
      );
    });
    const decision = (await exported(tracing)).get('decide');
    expect(decision?.attributes).toMatchObject({ 'error.type': code, 'http.response.status_code': String(status) });
    expect(decision).toMatchObject({ status: spanStatus, parentSpanId: '' });
    expect(receiver.text()).not.toContain('planted');
  });

  test.each(['planted', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `ff-${CALLER.traceId}-b7ad6b7169203331-01`])(
    'begins a trace of its own where the traceparent is %s',
    async (traceparent) => {
      const { tracing } = await tracingTo(receiver.url);
      await tracing.decision('check', { traceparent }, async () => {});
      const decision = (await exported(tracing)).get('decide');
      expect(decision?.parentSpanId).toBe('');
      expect(decision?.traceId).not.toBe(CALLER.traceId);
    },
  );
});

describe('a token request', () => {
  test('behind a request is linked to it, in a trace of its own', async () => {
    const { tracing } = await tracingTo(receiver.url);
    let refresh = Promise.resolve({ status: 0 });
    await tracing.decision('filter', CALLER, async () => {
      refresh = tracing.behind(() => tracing.tokenRequest(REQUEST, async () => ({ status: 200 })));
    });
    await refresh;
    const spans = await exported(tracing);
    const request = spans.get('token request');
    expect(request?.traceId).not.toBe(CALLER.traceId);
    expect(request?.parentSpanId).toBe('');
    expect(request?.links).toEqual([{ traceId: CALLER.traceId, spanId: spans.get('decide')?.spanId }]);
  });

  test('that begins after its decision has ended is linked to it', async () => {
    const { tracing } = await tracingTo(receiver.url);
    const { promise, resolve } = Promise.withResolvers<void>();
    let late = Promise.resolve({ status: 0 });
    await tracing.decision('filter', CALLER, async () => {
      late = promise.then(() => tracing.tokenRequest(REQUEST, async () => ({ status: 200 })));
    });
    resolve();
    await late;
    expect((await exported(tracing)).get('token request')?.links).toHaveLength(1);
  });

  test('that fails says how, without what the error holds', async () => {
    const { tracing } = await tracingTo(receiver.url);
    const cause = new Error('planted');
    const failing = tracing.tokenRequest(REQUEST, () =>
      Promise.reject(new BrokerError('issuer_unavailable', { cause })),
    );
    await expect(failing).rejects.toThrow('oauth provider unavailable');
    const request = (await exported(tracing)).get('token request');
    expect(request).toMatchObject({ status: ERROR, attributes: { 'error.type': 'issuer_unavailable' } });
    expect(receiver.text()).not.toContain('planted');
  });
});

test("a key set's fetch has a span as long as it took", async () => {
  const { tracing } = await tracingTo(receiver.url);
  tracing.keySetFetched('callers', undefined, 40);
  const span = (await exported(tracing)).get('key set fetch');
  expect(span?.attributes).toEqual({ 'token_broker.provider': 'callers' });
  expect(Number((span?.end ?? 0n) - (span?.start ?? 0n)) / 1e6).toBeGreaterThanOrEqual(39);
});

test.each([
  ['always_off', 1, undefined],
  ['traceidratio', 0, undefined],
  ['parentbased_always_off', 1, CALLER.traceId],
  ['parentbased_traceidratio', 0, CALLER.traceId],
] as const)('the sampler %s %s is obeyed', async (sampler, ratio, traceId) => {
  const { tracing } = await tracingTo(receiver.url, { sampler, ratio });
  await tracing.decision('check', CALLER, async () => {});
  expect((await exported(tracing)).get('decide')?.traceId).toBe(traceId);
});

test('a caller that does not sample is followed, and the issuer told so', async () => {
  const { tracing } = await tracingTo(receiver.url);
  const caller = { traceparent: CALLER.traceparent.replace(/01$/, '00'), tracestate: 'vendor=1' };
  const headers = await tracing.decision('check', caller, async () => {
    let sent: Readonly<Record<string, string>> = {};
    await tracing.tokenRequest(REQUEST, async (given) => {
      sent = given;
      return { status: 200 };
    });
    return sent;
  });
  expect(headers.traceparent).toMatch(new RegExp(`^00-${CALLER.traceId}-[0-9a-f]{16}-00$`));
  expect(headers.tracestate).toBe('vendor=1');
  expect((await exported(tracing)).size).toBe(0);
});

test('where no context is continued, spans begin traces of their own, and issuers are told of none', async () => {
  const { tracing } = await tracingTo(receiver.url, {}, undefined, false);
  const headers = await tracing.decision('check', CALLER, async () => {
    let sent: Readonly<Record<string, string>> = {};
    await tracing.tokenRequest(REQUEST, async (given) => {
      sent = given;
      return { status: 200 };
    });
    return sent;
  });
  expect(headers).toEqual({});
  const decision = (await exported(tracing)).get('decide');
  expect(decision?.traceId).not.toBe(CALLER.traceId);
  expect(decision?.parentSpanId).toBe('');
});
