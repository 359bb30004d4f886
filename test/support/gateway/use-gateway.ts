import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { GatewayDeployment, type GatewayOptions } from './gateway-deployment.ts';

const PRINTED_LOG_CHARACTERS = 20_000;
/** Envoy Gateway alone takes ten seconds to start on a slow machine, and as many for each change. */
const PATIENCE = { testTimeout: 120_000, hookTimeout: 180_000 };

/**
 * Gives a test file a Gateway: started before its first test, stopped after its last, its logs printed when a test fails, and
 * everything that was written searched for the secrets that went through it.
 *
 * @returns A function, because the Gateway exists only once tests run.
 */
export function useGateway(options: GatewayOptions = {}): () => GatewayDeployment {
  vi.setConfig(PATIENCE);
  let gateway: GatewayDeployment | undefined;
  beforeAll(async () => {
    gateway = await GatewayDeployment.start(options);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail' || gateway === undefined) return;
    for (const [place, content] of Object.entries(await gateway.written())) {
      if (place === "Envoy's statistics") continue;
      console.error(`--- ${place}, after "${task.name}" failed ---\n${content.slice(-PRINTED_LOG_CHARACTERS)}`);
    }
  });
  afterAll(async () => {
    if (gateway === undefined) return;
    try {
      expect(await gateway.findLeaks()).toEqual([]);
    } finally {
      await gateway.stop();
    }
  });
  return () => {
    if (gateway === undefined) throw new Error('the Gateway is not started yet: use it inside a test');
    return gateway;
  };
}
