import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../../control/config/load.ts';
import { TOKEN_EXCHANGE_VARIABLES } from '../../../../control/config/token-exchange-variables.ts';
import { POD, problemsOf } from './reading.ts';

const load = (environment: Record<string, string>) =>
  loadConfiguration({ ...POD, ...environment }, () => Buffer.from('issuers: []'));

const VALUES: Readonly<Record<string, string>> = {
  TOKEN_EXCHANGE_ISSUER_PROFILES_FILE: '/profiles.yaml',
  CONFIGMAP_NAMESPACE_HOSTS: '{}',
};

describe('the mode', () => {
  test.each(Object.entries(TOKEN_EXCHANGE_VARIABLES))('is known by %s', async (name, variable) => {
    const value = 'default' in variable ? variable.default : (VALUES[name] ?? '');
    expect((await load({ [name]: value })).policy.configMaps).toBeDefined();
  });

  test.each([
    ['nothing', {}],
    ['an empty variable', { GRPC_PORT: '' }],
    ['what Kubernetes says of a Service named grpc', { GRPC_PORT: 'tcp://10.0.0.7:80' }],
    ['names that others use too', { METRICS_ENABLED: 'true', POD_NAMESPACE: 'here', METRICS_PORT: '1' }],
  ])('is not known by %s', async (_what, environment) => {
    expect((await load(environment)).policy.configMaps).toBeUndefined();
  });

  test('is refused beside variables of DexTokenBroker, each named', async () => {
    const problems = await problemsOf({
      environment: { DEX_TOKEN_URL: 'https://dex.example/token', STATIC_SCOPE: 'read' },
    });
    expect(problems.split('\n')).toEqual([
      expect.stringMatching(/^GRPC_PORT and DEX_TOKEN_URL: are both set; .*unset one of the two/),
      expect.stringMatching(/^GRPC_PORT and STATIC_SCOPE: are both set/),
    ]);
  });

  test.each(['GRPC_LISTEN_ADDR', 'GRPC_SOCKET_MODE', 'GRPC_ALLOW_ANY_CLIENT'])(
    'is refused beside %s, which says the same in our way',
    async (name) => {
      const problem = await problemsOf({ environment: { [name]: '127.0.0.1:1' } });
      expect(problem).toContain(`GRPC_PORT and ${name}: are both set`);
    },
  );

  test('is refused beside a file', async () => {
    const environment = { ...POD, CONFIG_FILE: '/broker.yaml', GRPC_PORT: '3001' };
    await expect(loadConfiguration(environment, () => Buffer.from(''))).rejects.toThrow(
      /^CONFIG_FILE and GRPC_PORT: are both set/,
    );
  });

  test.each(['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'])('wants %s', async (name) => {
    const problem = await problemsOf({ environment: { [name]: '' } });
    expect(problem).toMatch(/^KUBERNETES_SERVICE_HOST: is missing.*with GRPC_PORT policy is in ConfigMaps/);
  });
});
