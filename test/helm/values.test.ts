import { describe, expect, test } from 'vitest';
import { CHART, helm } from './support/chart.ts';

/** What helm says of values that it refuses. */
function refusal(values: object, example?: string): string {
  const { status, stderr } = helm(['template', 'broker', CHART], { values, ...(example && { example }) });
  expect(status).not.toBe(0);
  return stderr;
}

describe('values that are refused', () => {
  test.each<[string, object, string, RegExp]>([
    ['unknown', { replica: 3 }, '', /additional properties 'replica' not allowed/],
    ['unknown, deep inside', { listeners: { check: { tls: {} } } }, '/listeners/check', /'tls' not allowed/],
    ['of another type', { replicas: 'two' }, '/replicas', /got string, want integer/],
    ['out of range', { listeners: { admin: { port: 80 } } }, '/listeners/admin/port', /got 80, want 1,024/],
    ['not among the choices', { mode: 'daemonset' }, '/mode', /'deployment', 'sidecar'/],
    ['no digest', { image: { digest: 'latest' } }, '/image/digest', /does not match pattern/],
    ['a tag in the repository', { image: { repository: 'example/control:v1' } }, '/image/repository', /pattern/],
    ['without what belongs to it', { secretFiles: { client: {} } }, '/secretFiles/client', /missing.*secretName/],
    [
      'a Secret for all names',
      { rbac: { secrets: [{ namespace: 'a', names: [] }] } },
      '/rbac/secrets/0/names',
      /got 0/,
    ],
    ['no name of a variable', { environment: { 'log level': 'x' } }, '', /invalid propertyName 'log level'/],
  ])('%s: %j', (_what, values, place, problem) => {
    const message = refusal(values);
    expect(message).toContain("values don't meet the specifications of the schema");
    expect(message).toContain(`at '${place}'`);
    expect(message).toMatch(problem);
  });

  test.each<[string, object, string]>([
    ['listeners in the file', { config: { listeners: {} } }, 'config.listeners: listeners are values of the chart'],
    [
      'a key file in the file',
      { config: { cache: { keyFile: '/x' } } },
      'config.cache.keyFile: the chart mounts the key',
    ],
    ['a variable of ours', { environment: { LISTEN_ADDR: ':1' } }, 'environment.LISTEN_ADDR: the chart sets it'],
    [
      'a secret as a variable',
      { environment: { STATIC_CLIENT_SECRET: 'planted' } },
      'environment.STATIC_CLIENT_SECRET: values are no place for secrets',
    ],
    [
      'a secret in an entry',
      { config: { policy: { entries: [{ clientCredentials: { clientSecret: { value: 'planted' } } }] } } },
      'config.policy.entries[0].clientCredentials.clientSecret.value: values are no place for secrets',
    ],
    [
      "a secret of an issuer's client",
      { config: { issuers: { dex: { client: { secret: { value: 'planted' } } } } } },
      'config.issuers.dex.client.secret.value: values are no place for secrets',
    ],
    [
      'metrics of a sidecar',
      { mode: 'sidecar', serviceMonitor: { enabled: true } },
      'serviceMonitor.enabled: a sidecar',
    ],
    ['a sidecar in a mesh', { mode: 'sidecar', istio: { enabled: true } }, 'istio.enabled: is for mode deployment'],
    [
      'both gateways',
      { istio: { enabled: true }, envoyGateway: { enabled: true } },
      'istio.enabled and envoyGateway.enabled: choose one',
    ],
    [
      'policy that control may not read',
      {
        config: { policy: { configMaps: { namespaces: ['a', 'b'] } } },
        rbac: { policyConfigMaps: { namespaces: ['a'] } },
      },
      'rbac.policyConfigMaps.namespaces: lacks b',
    ],
    [
      'policy in namespaces that control may not list',
      { config: { policy: { configMaps: { namespaceSelector: 'x' } } } },
      'rbac.policyConfigMaps: config.policy.configMaps selects namespaces by label',
    ],
    [
      'one namespace twice',
      {
        rbac: {
          tokenRequest: [
            { namespace: 'a', serviceAccounts: ['b'] },
            { namespace: 'a', serviceAccounts: ['c'] },
          ],
        },
      },
      'rbac.tokenRequest: a namespace comes twice',
    ],
  ])('%s', (_what, values, problem) => {
    const message = refusal(values);
    expect(message).toContain(problem);
    // Whoever reads the output of a pipeline must not read the secret there.
    expect(message).not.toContain('planted');
  });
});
