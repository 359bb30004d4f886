import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { requireFixedPorts } from '../support/gateway/fixed-ports.ts';

test.each(['127.0.0.1', '0.0.0.0'])(
  'a port that Envoy Gateway needs and that is taken on %s is named',
  async (host) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(18002, host, resolve));
    await expect(requireFixedPorts()).rejects.toThrow("18002 (Envoy Gateway's server of Wasm modules)");
    await new Promise((resolve) => server.close(resolve));
    await expect(requireFixedPorts()).resolves.toBeUndefined();
  },
);
