/** "OpenTelemetry Tracing" of the same reference: context is continued whether or not anything is exported. */
import { expect, test } from 'vitest';
import { BEARER, startOriginal } from './original.ts';

const CONTEXT = {
  traceparent: '00-5c4a1d9e8b7340c0a1b2c3d4e5f60718-abcdef1234567890-01',
  tracestate: 'vendor=1',
  baggage: 'tenant=yellow',
};

async function continued(environment: Record<string, string>) {
  const { send, issuer } = await startOriginal({ environment });
  expect((await send({ headers: { ...BEARER, ...CONTEXT } })).status).toBe(200);
  const { traceparent, tracestate, baggage } = issuer.requests[0]?.headers ?? {};
  return { traceparent, tracestate, baggage };
}

test.each<Record<string, string>>([{}, { OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_EXPORTER: 'none' }])(
  'with %j the issuer gets the trace context and the baggage',
  async (environment) => {
    expect(await continued(environment)).toEqual(CONTEXT);
  },
);

test('OTEL_PROPAGATORS says otherwise', async () => {
  expect(await continued({ OTEL_PROPAGATORS: 'tracecontext' })).toEqual({ ...CONTEXT, baggage: undefined });
  expect(await continued({ OTEL_PROPAGATORS: 'none' })).toEqual({});
});

test('a request without context leads to one without', async () => {
  const { send, issuer } = await startOriginal();
  await send();
  expect(Object.keys(issuer.requests[0]?.headers ?? {})).not.toContain('traceparent');
});
