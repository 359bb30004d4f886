import { Counter, Gauge, type Registry } from 'prom-client';
import type { PolicyStatus } from '../../decide/policy-status.ts';

export function createPolicyMetrics(registry: Registry) {
  const registers = [registry];
  const changes = new Counter({
    name: 'token_broker_policy_changes_total',
    help: 'Changes of configuration or policy, by whether they came into force.',
    labelNames: ['outcome'],
    registers,
  });
  return {
    changed(outcome: 'applied' | 'failed'): void {
      changes.inc({ outcome });
    },
    /** @param status read when Prometheus asks */
    watch(status: () => PolicyStatus): void {
      const gauge = (name: string, help: string, read: (status: PolicyStatus) => number) =>
        new Gauge({
          name,
          help,
          registers,
          collect() {
            this.set(read(status()));
          },
        });
      gauge('token_broker_policy_sources', 'Documents of policy.', ({ sources }) => sources.length);
      gauge('token_broker_policy_revocations', 'What is revoked.', ({ revocations }) => revocations);
      gauge(
        'token_broker_policy_closed_regions',
        'Regions whose requests are refused because an entry is bad or contested.',
        ({ closed }) => closed.length,
      );
      gauge(
        'token_broker_policy_since_seconds',
        'Unix time at which the policy in force came into force; 0 before the first.',
        ({ since = 0 }) => since / 1000,
      );
      gauge(
        'token_broker_configuration_current',
        'Whether the configuration as it stands now is in force: 1, or 0 when it is bad.',
        ({ problems }) => (problems.length === 0 ? 1 : 0),
      );
      gauge(
        'token_broker_watches_failing',
        'Watches of Kubernetes that do not work at the moment.',
        ({ watches }) => watches.filter(({ problem }) => problem !== undefined).length,
      );
      new Gauge({
        name: 'token_broker_policy_source_problems',
        help: 'What is wrong with a document of policy, counted.',
        labelNames: ['source'],
        registers,
        collect() {
          this.reset();
          for (const { name, problems } of status().sources) this.set({ source: name }, problems.length);
        },
      });
    },
  };
}
