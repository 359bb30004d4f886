/** "Metrics" and health of the same reference; its gRPC over TLS is tested with a real cluster. */
import { expect, test } from 'vitest';
import { startOriginal } from './original.ts';

test('the metrics listener is off by default', async () => {
  expect((await startOriginal()).app.metrics).toBeUndefined();
});

test.each([
  [{}, '/metrics'],
  [{ METRICS_PATH: '/custom' }, '/custom'],
])('with METRICS_ENABLED and %j metrics are at %s, and nothing else', async (environment, path) => {
  const { app } = await startOriginal({ environment: { METRICS_ENABLED: 'true', METRICS_PORT: '0', ...environment } });
  const answer = await app.metrics?.inject(path);
  expect(answer?.statusCode).toBe(200);
  expect(answer?.headers['content-type']).toContain('text/plain');
  expect(answer?.body).toContain('token_broker_build_info');
  for (const other of ['/status', '/readyz', '/v1/routes', '/']) {
    expect((await app.metrics?.inject(other))?.statusCode).toBe(404);
  }
});

test('gRPC health is that of readiness', async () => {
  const { app, client } = await startOriginal();
  expect(await client.health()).toEqual({ status: 1 });
  app.setReady(false);
  expect(await client.health()).toEqual({ status: 2 });
});

test.each(['true', 'false'])('with GRPC_LOG_HEALTH_CHECKS=%s health checks are not logged', async (text) => {
  const { app, client } = await startOriginal({ environment: { GRPC_LOG_HEALTH_CHECKS: text, LOG_LEVEL: 'debug' } });
  const before = app.log();
  await client.health();
  expect(app.log()).toBe(before);
});
