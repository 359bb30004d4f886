import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { startEchoBackend } from '../../tools/launch/echo-backend.ts';
import type { EnvoyConfiguration } from '../../tools/launch/envoy-configuration.ts';
import { addCluster } from '../support/add-cluster.ts';
import { credentials } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

const other = await startEchoBackend();
afterAll(() => other.stop());
beforeEach(() => {
  other.requests.length = 0;
});

/** Sends what carries that header to the cluster `backend`, and all else to the cluster `other`. */
function routeByHeader(configuration: EnvoyConfiguration, name: string): void {
  addCluster(configuration, 'other', other.port);
  const [route] = configuration.routes();
  const matched = { ...route, match: { prefix: '/', headers: [{ name, present_match: true }] } };
  configuration.routes().splice(0, 1, matched, { ...route, route: { ...route.route, cluster: 'other' } });
}

const COPY_CLIENT_ID = {
  name: 'envoy.filters.http.header_mutation',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation',
    mutations: {
      request_mutations: [
        {
          append: {
            header: { key: 'x-route-client', value: '%REQ(x-client-id)%' },
            append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
          },
        },
      ],
    },
  },
};

describe("routes of Envoy's that match on a header which the filter strips", () => {
  const deployment = useDeployment({ configure: (configuration) => routeByHeader(configuration, 'x-client-id') });

  test.each(['a miss', 'a hit'])('are chosen again without it: on %s another backend gets the token', async () => {
    const { backend, identityProvider } = deployment();
    const answer = await deployment().send({ headers: credentials(identityProvider.clients.first) });
    expect(answer.status).toBe(200);
    expect(backend.requests).toEqual([]);
    expect(other.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    expect(other.last().headers['x-client-secret']).toBeUndefined();
  });
});

describe("routes of Envoy's that match on the header which the filter injects", () => {
  const deployment = useDeployment({ configure: (configuration) => routeByHeader(configuration, 'authorization') });

  test('are chosen by what is injected', async () => {
    const { backend, identityProvider } = deployment();
    await deployment().send({ headers: credentials(identityProvider.clients.first) });
    expect(backend.requests.length).toBe(1);
    expect(other.requests).toEqual([]);
  });
});

describe("routes of Envoy's that match on a copy of the header, made before the filter", () => {
  const deployment = useDeployment({
    configure: (configuration) => {
      routeByHeader(configuration, 'x-route-client');
      configuration.httpFilters().unshift(COPY_CLIENT_ID);
    },
  });

  test.each(['a miss', 'a hit'])('stay as they are on %s', async () => {
    const { backend, identityProvider } = deployment();
    await deployment().send({ headers: credentials(identityProvider.clients.first) });
    expect(other.requests).toEqual([]);
    expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    expect(backend.last().headers['x-client-id']).toBeUndefined();
  });
});
