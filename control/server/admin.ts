import type { FastifyPluginCallback } from 'fastify';
import type { Registry } from 'prom-client';
import type { PolicyStatus } from '../decide/policy-status.ts';
import { COMMON_HEADERS, sendText } from './plain-text.ts';

export interface Administration {
  readonly registry: Registry;
  /** Whether requests can be served: every listener is open and none is closing. */
  readonly isReady: () => boolean;
  readonly status: () => PolicyStatus;
}

interface MetricsOptions {
  readonly registry: Registry;
  /** Where they are. */
  readonly path: string;
}

/** Health and the state of the policy for whoever runs the process, and metrics for Prometheus. */
export function adminEndpoint({ registry, isReady, status }: Administration): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get('/healthz', (_request, reply) => sendText(reply, 200, 'ok'));
    app.get('/readyz', (_request, reply) =>
      isReady() ? sendText(reply, 200, 'ok') : sendText(reply, 503, 'not ready'),
    );
    app.get('/status', (_request, reply) => {
      const { since, ...rest } = status();
      const whole = { ready: isReady(), since: since === undefined ? null : new Date(since).toISOString(), ...rest };
      return reply
        .headers(COMMON_HEADERS)
        .type('application/json')
        .send(`${JSON.stringify(whole, null, 2)}\n`);
    });
    app.register(metricsEndpoint({ registry, path: '/metrics' }));
    done();
  };
}

/** Metrics alone, for Prometheus, on a listener that others than the administrator reach. */
export function metricsEndpoint({ registry, path }: MetricsOptions): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get(path, async (_request, reply) => {
      const metrics = await registry.metrics();
      return reply.headers(COMMON_HEADERS).type(registry.contentType).send(metrics);
    });
    done();
  };
}
