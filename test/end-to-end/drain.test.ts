import { afterAll, describe, expect, test } from 'vitest';
import type { Node } from '../../tools/launch/envoy-configuration.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { ListenerFile } from '../support/listener-file.ts';
import { request } from '../support/request.ts';
import { useDeployment } from '../support/use-deployment.ts';

describe('while a request waits for its token', () => {
  const file = new ListenerFile();
  let listener: Node;
  const deployment = useDeployment({
    configure: (configuration) => {
      listener = structuredClone(configuration.listener());
      file.take(configuration);
    },
  });
  afterAll(() => file.remove());

  /** Sends a request whose token takes a while, and waits until the issuer has been asked for it. */
  async function pauseRequest(scope: string) {
    const { identityProvider } = deployment();
    const asked = identityProvider.requests();
    identityProvider.disturb({ delay: 700 });
    const answer = deployment().send({ headers: credentials(identityProvider.clients.first, scope) });
    await eventually(() => expect(identityProvider.requests()).toBe(asked + 1));
    identityProvider.disturb(undefined);
    return answer;
  }

  const updates = () => deployment().counter('envoy_listener_manager_lds_update_success');

  async function replaceListener(change: (listener: Node) => void): Promise<void> {
    const before = await updates();
    change(listener);
    file.write([listener]);
    await eventually(async () => expect(await updates()).toBeGreaterThan(before));
  }

  const pluginOf = (node: Node) =>
    node.filter_chains[0].filters[0].typed_config.http_filters[0].typed_config.config.configuration;

  test('a change of the plugin configuration does not lose it, and the new one serves at once', async () => {
    const { backend, identityProvider } = deployment();
    const paused = pauseRequest(identityProvider.scopes.first);
    await eventually(() => expect(identityProvider.requests()).toBe(1));
    await replaceListener((node) => {
      const plugin = pluginOf(node);
      plugin.value = JSON.stringify({ ...JSON.parse(plugin.value), maximumWaiters: 500 });
    });
    const answer = await deployment().send({ headers: credentials(identityProvider.clients.second) });
    expect(answer.status).toBe(200);
    expect((await paused).status).toBe(200);
    expect(backend.requests.every(({ headers }) => /^Bearer ./.test(String(headers.authorization)))).toBe(true);
  });

  test('a listener that is drained finishes it first', async () => {
    const { envoy, identityProvider } = deployment();
    const paused = pauseRequest(identityProvider.scopes.second);
    await eventually(() => expect(identityProvider.requests()).toBeGreaterThan(2));
    await fetch(`${envoy.adminUrl}/drain_listeners?graceful`, { method: 'POST' });
    expect((await paused).status).toBe(200);
    const port = envoy.port;
    await eventually(async () => expect(await refused(port)).toBe(true));
  });
});

async function refused(port: number): Promise<boolean> {
  return request({ port }).then(
    () => false,
    () => true,
  );
}
