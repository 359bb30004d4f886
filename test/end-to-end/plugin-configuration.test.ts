import { describe, expect, test } from 'vitest';
import { startEnvoy } from '../../tools/launch/envoy.ts';
import { EnvoyConfiguration } from '../../tools/launch/envoy-configuration.ts';
import { credentials } from '../support/deployment.ts';
import { request } from '../support/request.ts';
import { useDeployment } from '../support/use-deployment.ts';

describe('a bad plugin configuration', () => {
  test.each([
    [{ cluster: '' }, 'cluster: it must be a string'],
    [{ timeoutMilliseconds: 5 }, 'timeoutMilliseconds: it must be a whole number from 10 to 60000'],
    [{ timeout: 100 }, 'timeout: there is no such key'],
  ])('%j keeps Envoy from starting, with one line that names the key and the fix', async (keys, expected) => {
    const configuration = EnvoyConfiguration.shipped('token-broker').setPluginConfiguration(keys);
    const failure = await startEnvoy({ configuration }).then(
      async (envoy) => {
        await envoy.stop();
        return '';
      },
      (error: Error) => error.message,
    );
    const lines = failure.split('\n').filter((line) => line.includes('bad plugin configuration'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines[0]).toContain(expected);
  });
});

describe('several plugin configurations in one VM', () => {
  const deployment = useDeployment({
    configure: (configuration) => {
      // A second listener whose filter has the same VM and another configuration.
      const other = structuredClone(configuration.listener());
      other.name = 'other';
      const config = other.filter_chains[0].filters[0].typed_config.http_filters[0].typed_config.config;
      config.configuration.value = JSON.stringify({
        ...JSON.parse(config.configuration.value),
        cluster: 'no-such-cluster',
      });
      configuration.bootstrap.static_resources.listeners.push(other);
    },
  });

  test('keep apart: the trouble of one is not the trouble of the other', async () => {
    const { envoy, identityProvider } = deployment();
    const headers = credentials(identityProvider.clients.first);
    const answers = await Promise.all([
      deployment().send({ headers }),
      request({ port: envoy.ports.other as number, headers }),
      deployment().send({ headers }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 503, 200]);
  });
});
