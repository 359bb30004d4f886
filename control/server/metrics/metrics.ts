import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { createDecisionMetrics } from './decision-metrics.ts';
import { createExtAuthzMetrics } from './ext-authz-metrics.ts';
import { createIssuerMetrics } from './issuer-metrics.ts';
import { createPolicyMetrics } from './policy-metrics.ts';
import { createSharedCacheMetrics } from './shared-cache-metrics.ts';
import { createStoreMetrics } from './store-metrics.ts';
import { createTrustMetrics } from './trust-metrics.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** Control's metrics, in a registry of their own. Labels hold what the operator named, never what a client sent. */
export function createMetrics(version: string) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'token_broker_build_info',
    help: 'Always 1; the version is a label.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);
  return {
    registry,
    decisions: createDecisionMetrics(registry),
    extAuthz: createExtAuthzMetrics(registry),
    issuers: createIssuerMetrics(registry),
    policy: createPolicyMetrics(registry),
    sharedCache: createSharedCacheMetrics(registry),
    store: createStoreMetrics(registry),
    trust: createTrustMetrics(registry),
  };
}
